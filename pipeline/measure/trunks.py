"""Vertebral and basilar arteries: their courses through both crops, and their calibres.

Each half of the head is taken from its own crop. The two vertebral arteries are the two longest
ways down from the highest wide artery, the basilar artery is what they share. Where there is one
way only (the other vertebral artery thin, or not in view) height alone tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.graph import MCP_Geometric

from pipeline.geometry import Grid, Volume, resample
from pipeline.measure.calibre import diameters_mm
from pipeline.measure.course import arc_length, evenly
from pipeline.measure.lesions import Midline
from pipeline.measure.soft_labels import Field, Points, SoftLabels
from pipeline.measure.wide_arteries import POSSIBLE, soft_radius_mm, wide_arteries
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Calibres
from pipeline.records.labels import Label

_WITHIN_MM = 24.0
"""Of the midline: vertebral arteries loop as far as the nerves' exits, carotids lie beyond."""
_CENTRAL_MM = 8.5
"""The basilar artery lies nearer to the midline at its origin."""
_JOIN_WITHIN_MM = 10.0
"""The vertebral arteries join within this of the nerves' exits, above or below (review of
calibres, JNIS)."""
_MIN_BRANCH_MM = 8.0
"""A second way down leaves the first by more: a trunk's own width is at most 6 mm."""
_MEDIAN_MM = 2.0
"""An artery that runs nearer to the midline than its own width may come from either side."""
_FLOOR_MM = 0.2
_BESIDE_MM = 5.0
"""From a trunk's axis to where a branch or an aneurysm opens: its radius, and the part cut at the
junction."""
_STEP_MM = 0.5
_SMOOTH_MM = 1.5
_JUNCTION_MM = 3.0
"""So near to the junction two arteries share one cross-section."""
_END_STEPS = 2
"""The last millimetre at each end: trunks are cut there, and smoothing turns the course."""
_MIN_READ_MM = 4.5
"""Length over which a calibre is read, with its ends, at least."""


@dataclass(frozen=True, eq=False)
class Trunks:
    """Courses in LPS mm, (N, 3), from below upwards; only what was found.

    vertebral: the arteries up to the junction, of whichever side. basilar: from the junction.
    junction_lps: where they meet, (3,); None where only one vertebral artery was found.
    """

    vertebral: Sequence[Points]
    basilar: Points | None
    junction_lps: Points | None
    calibres: Calibres

    @property
    def named_courses(self) -> list[tuple[Literal["VA", "BA"], Points]]:
        basilar = [] if self.basilar is None else [self.basilar]
        return [*(("VA", c) for c in self.vertebral), *(("BA", c) for c in basilar)]

    def beside(self, points_lps: Points) -> NDArray[np.bool_]:
        """Which of the points (N, 3) lie within 5 mm of one of them."""
        courses = [course for _, course in self.named_courses]
        if not courses:
            return np.zeros(len(points_lps), dtype=bool)
        return np.asarray(cKDTree(np.concatenate(courses)).query(points_lps)[0] <= _BESIDE_MM)

    def name_near(self, point_lps: Points) -> Literal["VA", "BA"] | None:
        """Which of them passes within 5 mm of a point, the nearest; None where none does."""
        away = [
            (float(np.linalg.norm(course - point_lps, axis=1).min()), name)
            for name, course in self.named_courses
        ]
        nearest = min(away, default=None)
        return nearest[1] if nearest and nearest[0] <= _BESIDE_MM else None


NO_TRUNKS = Trunks((), None, None, Calibres(VA_left=None, VA_right=None, BA=None))


def trunks(
    crops: Mapping[Side, SoftLabels], middle: Midline | None, exits_lps: Mapping[Side, Points]
) -> Trunks:
    """Found in the crops of both sides; nothing where a side is missing.

    exits_lps: where the facial nerves leave the brainstem, of the sides where that is known.
    """
    if middle is None or set(crops) != set(SIDES):
        return NO_TRUNKS
    volume = joined_arteries(crops, middle)
    ways = _ways_down(volume, middle)
    junction = None
    if len(ways) == 2:
        vertebral, basilar, junction = _parted(*ways)
    elif ways and exits_lps:
        exit_z_mm = float(np.mean([place[2] for place in exits_lps.values()]))
        vertebral, basilar = _by_height(ways[0], exit_z_mm)
    else:
        return NO_TRUNKS
    vertebral = [course for course in vertebral if len(course) > 1]
    sides = _by_side(vertebral, middle)
    read = {side: _calibre(volume, course) for side, course in sides.items()}
    found = basilar if len(basilar) > 1 else None
    calibres = Calibres(
        VA_left=read.get("left"),
        VA_right=read.get("right"),
        BA=None if found is None else _calibre(volume, found),
    )
    return Trunks(vertebral, found, junction, calibres)


def basilar_laterality(
    found: Trunks, middle: Midline | None, exits_lps: Mapping[Side, Points]
) -> float | None:
    """How far to the side the basilar artery runs: 0 midline, 1 at the facial nerve's exit point.

    exits_lps: of the sides on which the nerve was traced. None where the artery, or the exit
    point of the side to which it bends, is not known.
    """
    if middle is None or found.basilar is None:
        return None
    lateral = middle.lateral_mm(found.basilar)
    farthest = float(lateral[int(np.argmax(np.abs(lateral)))])
    side: Side = "left" if farthest > 0 else "right"
    if side not in exits_lps:
        return None
    exit_mm = abs(float(middle.lateral_mm(exits_lps[side])))
    return abs(farthest) / exit_mm if exit_mm > 0 else None


def joined_arteries(crops: Mapping[Side, SoftLabels], middle: Midline) -> Volume:
    """The soft label "artery" around the midline, axes along LPS, each half from its own crop."""
    grid = _joined_grid([crops[side].grid for side in SIDES], middle)
    halves = {
        side: resample(Volume(soft.share(Label.ARTERY), soft.grid), grid).array
        for side, soft in crops.items()
    }
    places = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    is_left = middle.lateral_mm(places) > 0
    return Volume(np.where(is_left, halves["left"], halves["right"]), grid)


def _joined_grid(grids: list[Grid], middle: Midline) -> Grid:
    ends = np.array([grid.to_lps([np.zeros(3), np.subtract(grid.shape, 1)]) for grid in grids])
    low, high = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
    low[0] = max(low[0], middle.point_lps[0] - _WITHIN_MM)
    high[0] = min(high[0], middle.point_lps[0] + _WITHIN_MM)
    spacing = grids[0].voxel_mm[0]
    i, j, k = (int(n) for n in np.maximum(np.floor((high - low) / spacing) + 1, 1))
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = low
    return Grid((i, j, k), affine)


def _ways_down(volume: Volume, middle: Midline) -> list[Points]:
    """The two longest ways from below to the highest trunk, LPS mm; one, or none, where no more.

    They share their last points exactly.
    """
    share = np.asarray(volume.array, dtype=np.float32)
    spacing = volume.grid.voxel_mm[0]
    radius = soft_radius_mm(share, spacing)
    allowed, trunk = _main_piece(share, volume.grid, middle)
    if not trunk.any():
        return []
    top = _highest(trunk)
    walker = MCP_Geometric(np.where(allowed, 1.0 / (_FLOOR_MM + radius) ** 3, -1.0))
    walker.find_costs([top])
    first = _way_up(walker, _length_from(allowed, top[None]), trunk)
    beside = _length_from(allowed, first)
    ways = [first]
    if float(beside[trunk & np.isfinite(beside)].max()) * spacing > _MIN_BRANCH_MM:
        ways.append(_way_up(walker, beside, trunk))
    return [volume.grid.to_lps(way) for way in ways]


def _parted(first: Points, second: Points) -> tuple[list[Points], Points, Points]:
    """Two ways to the same end: (what each has alone, what they share, where they meet)."""
    count = min(len(first), len(second))
    same = (first[::-1][:count] == second[::-1][:count]).all(axis=1)
    shared = count if same.all() else int(np.argmin(same))
    spacing = float(np.linalg.norm(first[1] - first[0]))
    margin = round(_JUNCTION_MM / spacing)
    alone = [way[: max(len(way) - shared - margin, 0)] for way in (first, second)]
    return (
        alone,
        first[len(first) - shared + margin :],
        first[min(len(first) - shared, len(first) - 1)],
    )


def _by_height(way: Points, exit_z_mm: float) -> tuple[list[Points], Points]:
    """One way alone, without a junction: what is vertebral for certain, and what is basilar."""
    above = way[:, 2] - exit_z_mm
    return [way[above < -_JOIN_WITHIN_MM]], way[above > _JOIN_WITHIN_MM]


def _main_piece(
    share: Field, grid: Grid, middle: Midline
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The connected piece of artery with the most trunk near the midline, and its trunk."""
    allowed = share > POSSIBLE
    trunk = wide_arteries(share, grid.voxel_mm[0])
    places = grid.to_lps(np.argwhere(trunk))
    central = np.argwhere(trunk)[np.abs(middle.lateral_mm(places)) < _CENTRAL_MM]
    if len(central) == 0:
        return allowed, np.zeros_like(trunk)
    pieces = cc3d.connected_components(allowed.astype(np.uint8), connectivity=26)
    main = int(np.bincount(pieces[tuple(central.T)]).argmax())
    mine = pieces == main
    return mine, trunk & mine


def _highest(trunk: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The voxel in the middle of the uppermost millimetre of the trunk, (3,)."""
    voxels = np.argwhere(trunk)
    upper = voxels[voxels[:, 2] >= voxels[:, 2].max() - 2]
    nearest = np.linalg.norm(upper - upper.mean(axis=0), axis=1).argmin()
    return np.asarray(upper[nearest])


def _length_from(allowed: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Length of the way to each voxel through `allowed` from the nearest start, in voxels."""
    length, _ = MCP_Geometric(np.where(allowed, 1.0, -1.0)).find_costs(starts.tolist())
    return np.asarray(length)


def _way_up(
    walker: MCP_Geometric, length: NDArray[np.float64], trunk: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Voxels from the trunk's farthest one, along the artery, to where the walker began."""
    reached = np.where(trunk & np.isfinite(length), length, -1.0)
    end = np.unravel_index(int(np.argmax(reached)), trunk.shape)
    return np.array(walker.traceback(tuple(int(n) for n in end)))[::-1]


def _by_side(courses: list[Points], middle: Midline) -> dict[Side, Points]:
    """Vertebral arteries by the side from which they come: that of their lower halves.

    Empty where that cannot be said: one runs along the midline, or both come from one side.
    """
    away = [float(middle.lateral_mm(c[: max(len(c) // 2, 1)]).mean()) for c in courses]
    if any(abs(lateral) < _MEDIAN_MM for lateral in away):
        return {}
    sides = {middle.side_of(c[: max(len(c) // 2, 1)].mean(axis=0)): c for c in courses}
    return sides if len(sides) == len(courses) else {}


def _calibre(volume: Volume, way: Points) -> float | None:
    """Median calibre of a course, mm; None where too little of it is in view."""
    if float(arc_length(way)[-1]) < _MIN_READ_MM:
        return None
    even = evenly(way, _STEP_MM)
    smooth = ndimage.gaussian_filter1d(even, _SMOOTH_MM / _STEP_MM, axis=0)
    spacing = volume.grid.voxel_mm[0]
    points = np.asarray(volume.grid.to_index(smooth) * spacing)
    share = np.asarray(volume.array, dtype=np.float32)
    return float(np.median(diameters_mm(share, spacing, points)[_END_STEPS:-_END_STEPS]))
