"""How vessels lie on the nerve where they touch it (Park 2008, as far as images can show it).

Arachnoid and perforator types cannot be told on images, and branch types not from labels that
melt neighbours together: what is not plainly one of the others stays undetermined.
"""

from __future__ import annotations

from collections.abc import Sequence

import cc3d
import numpy as np
from scipy.spatial import cKDTree

from pipeline.measure.gap import Structures
from pipeline.measure.soft_labels import Points
from pipeline.measure.surface import gradient
from pipeline.measure.vessels import VesselPiece
from pipeline.records.findings import Pattern

_ONE_PLACE_MM = 2.0
"""Along the nerve: vessels farther apart are two contacts, no sandwich."""
_MIN_LENGTH_MM = 3.0
_OPPOSITE_DEG = 120.0
_BEHIND_DEG = 60.0
_PUSHES_WITHIN_MM = 1.5
"""From the vessel that touches to the one behind it; a choice, no source gives a limit."""
_BESIDE_CONTACT_MM = 2.5
_LOOP_DEG = 75.0
"""Largest angle between both limbs of a loop with its apex on the nerve: at the nerve vessels
have 49 degrees on average in patients and 74 in others (Miao 2018)."""
_LIMB_MM = 4.0
"""Distance from the apex at which the limbs are looked for."""
_MIN_LIMB_VOXELS = 3


def pattern(
    touching: Sequence[VesselPiece],
    others: Sequence[VesselPiece],
    found: Structures,
    calibre_mm: float | None,
) -> Pattern:
    """The pattern of the first of the vessels that touch the nerve, nearest first.

    others: vessels near the nerve that do not touch it. calibre_mm: of the first.
    """
    if not touching:
        return "undetermined"
    first = touching[0]
    if any(_on_both_sides(first, second) for second in touching[1:] if _both(first, second)):
        return "sandwich"
    if any(_pushes(second, first) for second in others if _both(first, second)):
        return "tandem"
    angle = self_angle_deg(first.vessel_point, found, calibre_mm) if calibre_mm else None
    return "loop" if angle is not None and angle < _LOOP_DEG else "undetermined"


def self_angle_deg(vessel_point: Points, found: Structures, calibre_mm: float) -> float | None:
    """Angle between the two limbs of the vessel at a point of its surface, 180 where straight.

    None unless exactly two limbs cross a sphere of 4 mm around the vessel's axis there.
    """
    spacing = 2.0 * found.spacing_mm
    inward = gradient(found.vessel_field, vessel_point[None], found.spacing_mm)[0]
    apex = vessel_point + 0.5 * calibre_mm * inward
    places = np.argwhere(found.vessel_field[::2, ::2, ::2] > 0) * spacing
    away = np.linalg.norm(places - apex, axis=1)
    near, reach = places[away <= _LIMB_MM + spacing], away[away <= _LIMB_MM + spacing]
    if len(near) == 0:
        return None
    own = _connected(near, spacing) == _connected(near, spacing)[int(np.argmin(reach))]
    rim = near[own & (reach >= _LIMB_MM - spacing)]
    if len(rim) == 0:
        return None
    owner = _connected(rim, spacing)
    limbs = [rim[owner == n] for n in np.unique(owner) if (owner == n).sum() >= _MIN_LIMB_VOXELS]
    if len(limbs) != 2:
        return None
    return _angle_deg(limbs[0].mean(axis=0) - apex, limbs[1].mean(axis=0) - apex)


def _both(first: VesselPiece, second: VesselPiece) -> bool:
    """Whether two pieces are arteries of some length: networks leave crumbs, mostly of vein."""
    return all(
        piece.kind == "artery" and float(np.ptp(piece.voxels, axis=0).max()) >= _MIN_LENGTH_MM
        for piece in (first, second)
    )


def _on_both_sides(first: VesselPiece, second: VesselPiece) -> bool:
    apart = _angle_deg(_outward(first), _outward(second))
    return abs(first.s_mm - second.s_mm) <= _ONE_PLACE_MM and apart >= _OPPOSITE_DEG


def _pushes(second: VesselPiece, first: VesselPiece) -> bool:
    """Whether `second` lies behind `first`, seen from the nerve, and close to it."""
    at_contact = np.linalg.norm(first.voxels - first.vessel_point, axis=1) <= _BESIDE_CONTACT_MM
    if not at_contact.any():
        return False
    distance, _ = cKDTree(first.voxels[at_contact]).query(second.voxels)
    nearest = int(np.argmin(distance))
    behind = second.voxels[nearest] - first.nerve_point
    return bool(
        distance[nearest] <= _PUSHES_WITHIN_MM
        and _angle_deg(behind, _outward(first)) <= _BEHIND_DEG
    )


def _outward(piece: VesselPiece) -> Points:
    """From the nerve's surface to the middle of the vessel beside it."""
    near = np.linalg.norm(piece.voxels - piece.vessel_point, axis=1) <= _BESIDE_CONTACT_MM
    return np.asarray(piece.voxels[near].mean(axis=0) - piece.nerve_point)


def _connected(places: Points, spacing_mm: float) -> Points:
    """Number of the connected piece of each voxel, given by its place in crop mm."""
    index = np.round(places / spacing_mm).astype(int)
    index -= index.min(axis=0)
    block = np.zeros(index.max(axis=0) + 1, dtype=np.uint8)
    block[tuple(index.T)] = 1
    numbers = cc3d.connected_components(block, connectivity=26)
    return np.asarray(numbers[tuple(index.T)], dtype=np.float64)


def _angle_deg(first: Points, second: Points) -> float:
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(np.clip(first @ second / max(length, 1e-9), -1.0, 1.0))))
