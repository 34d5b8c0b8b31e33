"""Soft evidence for cerebrospinal fluid between nerve and vessel at the narrowest place."""

from __future__ import annotations

import numpy as np

from pipeline.measure.gap import NearestPlace, Structures
from pipeline.measure.soft_labels import Field, Points
from pipeline.measure.surface import gradient, sampled

_INTO_MM = 0.6
"""How far the line reaches into nerve and vessel: about half the nerve's diameter."""
_STEP_MM = 0.02


def csf_cleft_mm(other: Field, spacing_mm: float, place: NearestPlace, found: Structures) -> float:
    """Width of the cleft at the narrowest place, in mm.

    The integral of label "other" (0), on a line from inside the nerve to inside the vessel,
    which blurring does not change.
    """
    across = place.middle + _offsets(place)[:, None] * _direction(place, found)
    return float(sampled(other, across, spacing_mm).sum() * _STEP_MM)


def _offsets(place: NearestPlace) -> Points:
    half = 0.5 * place.gap_mm + _INTO_MM
    return np.arange(-half, half, _STEP_MM)


def _direction(place: NearestPlace, found: Structures) -> Points:
    """Unit vector from nerve to vessel, (3,).

    From the slopes of both labels, since the line between touching surfaces has no length.
    """
    ends = np.stack([place.nerve_point, place.vessel_point])
    out_of_nerve = -gradient(found.nerve_field, ends[:1], found.spacing_mm)[0]
    into_vessel = gradient(found.vessel_field, ends[1:], found.spacing_mm)[0]
    direction = out_of_nerve + into_vessel
    length = float(np.linalg.norm(direction))
    return np.asarray(direction / length if length > 0.1 else out_of_nerve)
