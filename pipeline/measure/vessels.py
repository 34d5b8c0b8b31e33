"""The vessels that pass near the nerve: apart from one another, with calibre and direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.measure.arteries import ArterialTree
from pipeline.measure.gap import GapMap, NearestPlace, Structures
from pipeline.measure.naming import UNNAMED
from pipeline.measure.soft_labels import Points, SoftLabels
from pipeline.measure.surface import gradient, sampled
from pipeline.records.findings import Vessel
from pipeline.records.labels import Label

Kind = Literal["artery", "vein", "aneurysm"]
VESSELS = (Label.ARTERY, Label.VEIN, Label.ANEURYSM)
_KIND_OF: dict[int, Kind] = {Label.ARTERY: "artery", Label.VEIN: "vein", Label.ANEURYSM: "aneurysm"}

_SHELL_MM = 2.5
"""Around the nerve; within it the branches of one tree are apart."""
_MIN_VOXELS = 6
_MAX_DIAMETER_MM = 8.0
_BESIDE_MM = 0.6
_CHORD_STEP_MM = 0.05
_SKIN_MM = 0.15
"""Rays start on the surface; so near to it they may still run along it."""
_NEIGHBOUR_MM = 0.3
"""Surface nearer than this is the start's own: its roughness tells nothing of the calibre."""
_BALL_QUANTILE = 0.7
"""Roughness makes balls too small, seldom too large."""
_THROUGH_WAIST = 1.7
"""A chord so much longer than the ball's diameter passes into another vessel; on single vessels
it was at most 1.5 times as long (48 sides of calibration subjects, true fractions)."""
_ELONGATED = 2.0
"""Least ratio of the first to the second variance of a vessel piece that has a direction."""


@dataclass(frozen=True, eq=False)
class VesselPiece:
    """A connected piece of one kind of vessel within the shell. voxels: crop mm (M, 3)."""

    kind: Kind
    voxels: Points
    gap_mm: float
    s_mm: float
    nerve_point: Points
    vessel_point: Points


def vessel_kind(soft: SoftLabels, points: Points) -> list[Kind]:
    """Which vessel label is strongest in the voxel of each point (N, 3)."""
    shares = np.stack([soft.share(label) for label in VESSELS])
    limit = np.array(shares.shape[1:]) - 1
    index = np.clip(np.round(points / soft.spacing_mm).astype(int), 0, limit)
    best = shares[:, index[:, 0], index[:, 1], index[:, 2]].argmax(axis=0)
    return [_KIND_OF[VESSELS[int(i)]] for i in best]


def vessel_pieces(soft: SoftLabels, found: Structures, gaps: GapMap) -> list[VesselPiece]:
    """The vessels near the nerve, nearest first."""
    owners, kinds, voxels = _labelled_voxels(soft, found, gaps)
    if len(voxels) == 0:
        return []
    surface = _near(found.vessel.vertices, gaps)
    _, nearest = cKDTree(voxels).query(surface)
    pieces = []
    for number in np.unique(owners):
        mine = surface[owners[nearest] == number]
        inside = owners == number
        if len(mine) and int(inside.sum()) >= _MIN_VOXELS:
            pieces.append(_piece(kinds[int(number)], voxels[inside], mine, gaps))
    return sorted(pieces, key=lambda piece: piece.gap_mm)


def piece_at(pieces: list[VesselPiece], place: NearestPlace) -> VesselPiece | None:
    """The piece to which the narrowest place belongs; None where pieces are too small."""
    if not pieces:
        return None
    distance = [float(cKDTree(p.voxels).query(place.vessel_point)[0]) for p in pieces]
    return pieces[int(np.argmin(distance))]


def diameter_mm(found: Structures, vessel_point: Points) -> float | None:
    """Calibre of the vessel at a point of its surface, in mm.

    The chord straight through to the other side, as the median over the surface within 0.6 mm.
    Where another vessel touches the far side the chord runs on through it; then the largest ball
    inside the vessel that touches the surface here, which does not fit through their waist.
    None where the vessel has no inside there, or is wider than 8 mm.
    """
    tree = cKDTree(found.vessel.vertices)
    near = np.array(tree.query_ball_point(vessel_point, _BESIDE_MM), dtype=int)
    if len(near) == 0:
        return None
    starts = found.vessel.vertices[near]
    inward = gradient(found.vessel_field, starts, found.spacing_mm)
    chord = _chord_mm(found, starts, inward)
    if chord is None:
        return None
    around = tree.query_ball_point(vessel_point, _MAX_DIAMETER_MM)
    ball = _ball_mm(found.vessel.vertices[around], starts, inward)
    return ball if chord > _THROUGH_WAIST * ball else chord


def _chord_mm(found: Structures, starts: Points, inward: Points) -> float | None:
    depth = np.arange(_CHORD_STEP_MM, _MAX_DIAMETER_MM, _CHORD_STEP_MM)
    rays = starts[:, None] + depth[:, None] * inward[:, None]
    outside = sampled(found.vessel_field, rays, found.spacing_mm) < 0
    outside[:, depth < _SKIN_MM] = False
    chords = depth[outside[outside.any(axis=1)].argmax(axis=1)]
    return float(np.median(chords)) - _CHORD_STEP_MM / 2 if len(chords) else None


def _ball_mm(surface: Points, starts: Points, inward: Points) -> float:
    """Diameter of the largest ball that touches the surface at a start and crosses it nowhere."""
    away = surface - starts[:, None]
    squared, depth = (away**2).sum(axis=2), (away * inward[:, None]).sum(axis=2)
    opposite = (squared > _NEIGHBOUR_MM**2) & (depth > 0)
    limits = np.where(opposite, squared / np.where(opposite, depth, 1.0), _MAX_DIAMETER_MM)
    return float(np.quantile(limits.min(axis=1), _BALL_QUANTILE))


def crossing_angle_deg(piece: VesselPiece, tangent: Points, diameter: float) -> float | None:
    """Angle 0..90 between vessel and nerve; None where the piece shows no direction."""
    reach = max(1.5, 1.5 * diameter)
    near = np.linalg.norm(piece.voxels - piece.vessel_point, axis=1) <= reach
    if int(near.sum()) < _MIN_VOXELS:
        return None
    variance, axes = np.linalg.eigh(np.cov(piece.voxels[near].T))
    if variance[2] < _ELONGATED * variance[1]:
        return None
    return float(np.degrees(np.arccos(np.clip(abs(axes[:, 2] @ tangent), 0.0, 1.0))))


def named(
    kind: Kind, diameter: float | None, tree: ArterialTree | None, point_lps: Points
) -> Vessel:
    """The vessel by kind and, of arteries, by topology.

    tree: None where no artery can be traced. point_lps: on the vessel's surface.
    """
    if kind == "vein":
        return Vessel(name="vein", name_probability=None, diameter_mm=diameter)
    known = tree.name_at(point_lps, diameter) if tree and kind == "artery" else UNNAMED
    return Vessel(name=known.name, name_probability=known.probability, diameter_mm=diameter)


def _labelled_voxels(
    soft: SoftLabels, found: Structures, gaps: GapMap
) -> tuple[NDArray[np.int64], dict[int, Kind], Points]:
    """Vessel voxels in the shell: piece number of each, kind of each number, places (M, 3)."""
    vein = soft.share(Label.VEIN)
    arterial = soft.share(Label.ARTERY, Label.ANEURYSM)
    inside = found.vessel_field[::2, ::2, ::2] > 0
    places = np.argwhere(inside)
    if len(places) == 0:
        return np.zeros(0, dtype=np.int64), {}, np.zeros((0, 3))
    distance, _ = cKDTree(gaps.points[::3]).query(
        places * soft.spacing_mm, distance_upper_bound=_SHELL_MM
    )
    places = places[np.isfinite(distance)]
    kind = np.zeros(inside.shape, dtype=np.uint8)
    index = tuple(places.T)
    kind[index] = np.where(vein[index] > arterial[index], 2, 1)
    numbers = cc3d.connected_components(kind, connectivity=26)
    owners = numbers[index].astype(np.int64)
    kinds: dict[int, Kind] = {
        int(n): "vein" if k == 2 else "artery" for n, k in zip(owners, kind[index], strict=True)
    }
    return owners, kinds, places * soft.spacing_mm


def _near(points: Points, gaps: GapMap) -> Points:
    distance, _ = cKDTree(gaps.points[::3]).query(points, distance_upper_bound=_SHELL_MM)
    return np.asarray(points[np.isfinite(distance)])


def _piece(kind: Kind, voxels: Points, mine: Points, gaps: GapMap) -> VesselPiece:
    distance, nearest = cKDTree(mine).query(gaps.points)
    at = int(np.argmin(distance))
    return VesselPiece(
        kind=kind,
        voxels=voxels,
        gap_mm=float(distance[at]),
        s_mm=float(gaps.s_mm[at]),
        nerve_point=gaps.points[at],
        vessel_point=mine[int(nearest[at])],
    )
