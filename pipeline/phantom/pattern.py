"""How the vessels in contact lie against the nerve, found in the exact geometry.

Classes after Park 2008; his arachnoid and perforator types cannot be told on MRI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.phantom.curves import arc_length, distance_between
from pipeline.phantom.nearest import Nearest, nearest_of
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.vessels import Vessel
from pipeline.records.findings import Pattern, VesselName

TOUCHES_MM = 0.05
_SAME_PLACE_MM = 2.0
_OPPOSITE_DEG, _BEHIND_DEG, _SHARP_DEG = 90.0, 60.0, 90.0
_PRESSES_MM = 0.25
_LIMB_MM = 3.0


@dataclass(frozen=True)
class Contact:
    """pattern: None where no vessel touches. others: further vessels that take part."""

    pattern: Pattern | None
    others: tuple[VesselName, ...]


def contact_of(nerve: FacialNerve, vessels: Sequence[Vessel]) -> Contact:
    """Pattern and further vessels at the nerve's place of contact.

    sandwich: two vessels touch from sides at least 90 degrees apart, within 2 mm. branch: the
    same, one arising from the other. tandem: a wider artery lies behind the touching one, against
    it. loop: the limbs of the touching vessel, 3 mm from the contact, enclose at most 90 degrees.
    """
    course = nerve.between(0.0, nerve.porus_mm)
    found = [(vessel, nearest_of(course, vessel.tube, vessel.name)) for vessel in vessels]
    touching = sorted((f for f in found if f[1].gap_mm < TOUCHES_MM), key=lambda f: f[1].gap_mm)
    if not touching:
        return Contact(None, ())
    (vessel, place), rest = touching[0], touching[1:]
    others = tuple(other.name for other, _ in rest)
    for other, second in rest:
        near = abs(second.s_mm - place.s_mm) < _SAME_PLACE_MM
        if near and _angle_deg(place, second) >= _OPPOSITE_DEG:
            return Contact("branch" if _related(vessel, other) else "sandwich", others)
    for other in vessels:
        if other is not vessel and _presses(other, vessel, place):
            return Contact("tandem", tuple(dict.fromkeys((*others, other.name))))
    return Contact(
        "loop" if self_angle_deg(vessel, place) <= _SHARP_DEG else "undetermined", others
    )


def self_angle_deg(vessel: Vessel, place: Nearest) -> float:
    """Angle between the vessel's limbs, 3 mm to either side of where it is nearest."""
    points = vessel.tube.points
    at = int(np.argmin(np.linalg.norm(points - place.point_lps, axis=1) - vessel.tube.radii))
    length = arc_length(points) - arc_length(points)[at]
    limbs = [
        np.array([np.interp(mm, length, points[:, axis]) for axis in range(3)]) - points[at]
        for mm in (-_LIMB_MM, _LIMB_MM)
    ]
    cosine = limbs[0] @ limbs[1] / max(np.linalg.norm(limbs[0]) * np.linalg.norm(limbs[1]), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _related(first: Vessel, second: Vessel) -> bool:
    return first.name == second.name and first.name in {first.origin, second.origin}


def _presses(other: Vessel, vessel: Vessel, place: Nearest) -> bool:
    """Whether a wider artery touches the vessel, beyond it as seen from the nerve."""
    if other.name == "vein" or vessel.name == "vein":
        return False
    points, radii = vessel.tube.points, vessel.tube.radii
    near = np.linalg.norm(points - place.point_lps, axis=1) < _SAME_PLACE_MM + place.diameter_mm
    if near.sum() < 2:
        return False
    gap, i, j = distance_between(points[near], radii[near], other.tube.points, other.tube.radii)
    wider = other.tube.radii[j] > radii[near][i]
    aside = other.tube.points[j] - np.asarray(place.point_lps)
    cosine = aside @ np.asarray(place.direction) / max(float(np.linalg.norm(aside)), 1e-9)
    behind = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) <= _BEHIND_DEG
    return bool(gap < _PRESSES_MM and wider and behind)


def _angle_deg(first: Nearest, second: Nearest) -> float:
    cosine = float(np.dot(first.direction, second.direction))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
