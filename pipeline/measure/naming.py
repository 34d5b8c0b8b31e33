"""Which artery a branch near the facial nerve is, from its origin and its calibre.

Neither tells alone: a quarter of all PICA leave the basilar artery, as AICA does, and wide AICA
are as wide as thin PICA. So each name is weighed by how usual origin and calibre are for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.records.findings import VesselName


@dataclass(frozen=True)
class ArteryName:
    """probability: that the name is right if the labels are; None where there is no name."""

    name: VesselName
    probability: float | None


UNNAMED = ArteryName("unnamed", None)


@dataclass(frozen=True)
class Height:
    """Of an origin above the junction of the vertebral arteries (below: negative), mm.

    uncertainty_mm: its standard deviation.
    """

    above_junction_mm: float
    uncertainty_mm: float


@dataclass(frozen=True)
class _Usual:
    """What is usual for an artery.

    frequency: among the arteries next to the facial nerve. origins: (share, mean height above
    the junction in mm, standard deviation). calibre_mm: median at the nerve. spread: of its
    logarithm.
    """

    frequency: float
    origins: tuple[tuple[float, float, float], ...]
    calibre_mm: float
    spread: float


_USUAL: Mapping[VesselName, _Usual] = {
    # Frequencies: those of the generator, between surgical series (AICA 43 to 65 %, PICA 14 to
    # 31 %: Zhao 2019, Campos-Benitez 2008 and others). Origin: Martin 1980. Calibre at the nerve:
    # 0.48 to 0.71 mm (Miao 2018), 0.5 to 1.0 mm (textbook values).
    "AICA": _Usual(0.65, ((1.0, 11.8, 5.2),), 0.6, 0.35),
    # Three quarters from the vertebral artery, the others low from the basilar artery
    # (Ballesteros-Acuna 2022); "1 to 2 cm below the junction" (abstract, "Intracranial vertebral-
    # basilar circulation"); the place on the basilar artery is assumed. 1.2 to 2.2 mm (textbook).
    "PICA": _Usual(0.3, ((0.74, -15.0, 7.0), (0.26, 3.0, 3.0)), 1.6, 0.25),
    # From the basilar artery's end: its length, 27 mm, and 1.3 to 2.0 mm (textbook).
    "SCA": _Usual(0.05, ((1.0, 27.0, 4.0),), 1.6, 0.25),
}


def branch_name(origin: Height, diameter_mm: float | None) -> ArteryName:
    """The likeliest name of a branch; diameter_mm: at the nerve, None where it is not known."""
    weights = {
        name: usual.frequency * _of_origin(usual, origin) * _of_calibre(usual, diameter_mm)
        for name, usual in _USUAL.items()
    }
    name = max(weights, key=lambda one: weights[one])
    total = sum(weights.values())
    return ArteryName(name, weights[name] / total) if total > 0 else UNNAMED


def _of_origin(usual: _Usual, origin: Height) -> float:
    return sum(
        share * _density(origin.above_junction_mm - mean, math.hypot(spread, origin.uncertainty_mm))
        for share, mean, spread in usual.origins
    )


def _of_calibre(usual: _Usual, diameter_mm: float | None) -> float:
    if diameter_mm is None or diameter_mm <= 0:
        return 1.0
    return _density(math.log(diameter_mm / usual.calibre_mm), usual.spread)


def _density(away: float, spread: float) -> float:
    return math.exp(-0.5 * (away / spread) ** 2) / spread
