"""How far the names of vessels can be trusted, given what networks make of the labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline.records.findings import Vessel, VesselName

_PRIOR = 0.5
"""A side that was right and a side that was not, half of each, stand before the first one seen."""


def fit_name_reliability(
    sides: Sequence[tuple[Vessel, VesselName]],
) -> dict[VesselName, float]:
    """Of each name that was given: sides on which it was right over sides promised, at most 1.

    sides: the nearest vessel as measured, and the true name of the nearest. A vein is a label, not
    a name by topology: it has no probability of its own and promises 1.
    """
    right: dict[VesselName, float] = defaultdict(lambda: _PRIOR)
    promised: dict[VesselName, float] = defaultdict(lambda: 2 * _PRIOR)
    for found, true in sides:
        if found.name == "unnamed":
            continue
        promised[found.name] += 1.0 if found.name_probability is None else found.name_probability
        right[found.name] += found.name == true
    return {name: round(min(1.0, right[name] / promised[name]), 4) for name in sorted(promised)}
