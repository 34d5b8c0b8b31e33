"""Tracing the facial nerve through its soft label: the cheapest path between its two ends."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.graph import MCP_Geometric

from pipeline.measure.course import NerveCourse, arc_length, evenly
from pipeline.measure.nerve_shape import cross_sections_mm2, diameter_from
from pipeline.measure.soft_labels import Field, Points, SoftLabels
from pipeline.measure.surface import sampled
from pipeline.records.labels import Label

NERVE = (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL)
SPACING_MM = 0.25
"""Of the centreline."""
_CERTAIN = 0.5
_POSSIBLE = 0.3
_BRIDGE_VOXELS = 4
"""Interruptions of the label up to about twice this are bridged (3.2 mm: a large artery)."""
_MIN_VOXELS = 40
"""Fewer is no nerve: 2.5 mm3, a tube of 1 mm over 3 mm."""
_FLOOR = 0.05
"""Cost of a voxel off the nerve: 1 / this, so that the path leaves it only to bridge."""


_CAP_RADII = 0.65
"""Labels are tubes that end in half-spheres. The soft label on the axis falls to a half this
many radii beyond the point where the part of the nerve ends (from generated subjects; 1 without
partial volume)."""


@dataclass(frozen=True, eq=False)
class NerveRegion:
    """Where the nerve is: `allowed` holds its parts and the bridges between them."""

    allowed: NDArray[np.bool_]
    certain: NDArray[np.bool_]


def nerve_region(nerve: Field) -> NerveRegion | None:
    """The most voluminous chain of nerve pieces in the crop; None where there is none."""
    possible = nerve > _POSSIBLE
    if int(possible.sum()) < _MIN_VOXELS:
        return None
    reach = ndimage.binary_dilation(possible, iterations=_BRIDGE_VOXELS)
    pieces = cc3d.connected_components(reach.astype(np.uint8), connectivity=26)
    volume = np.bincount(pieces.ravel(), weights=nerve.ravel())
    volume[0] = 0.0
    allowed = pieces == int(np.argmax(volume))
    certain = allowed & (nerve > min(_CERTAIN, 0.6 * float(nerve[allowed].max())))
    if int(certain.sum()) < _MIN_VOXELS:
        return None
    return NerveRegion(allowed, certain)


def trace_nerve(soft: SoftLabels, region: NerveRegion) -> NerveCourse:
    """The centreline from the exit point (far end of label 2) to the porus (far end of 3)."""
    spacing = soft.spacing_mm
    root, cistern = soft.share(NERVE[0]), soft.share(NERVE[1])
    nerve = root + cistern
    proximal, distal = _ends(region, root, cistern)
    path = _cheapest_path(nerve, region.allowed, proximal, distal) * spacing
    centred = _centred(evenly(path, 2 * SPACING_MM), nerve, spacing)
    points = evenly(_to_the_ends(centred, nerve, spacing), SPACING_MM)
    course = NerveCourse(points, _meeting_place(points, root, cistern, spacing))
    return _without_caps(course, diameter_from(cross_sections_mm2(course, nerve, spacing)) / 2)


def _ends(region: NerveRegion, root: Field, cistern: Field) -> tuple[tuple[int, ...], ...]:
    """The voxels of the nerve that lie farthest apart along it: (in label 2, in label 3)."""
    steps = np.where(region.allowed, 1.0, -1.0)
    in_root = region.certain & (root >= cistern)
    in_cistern = region.certain & ~in_root
    seed = _strongest(root if in_root.any() else cistern, region.certain)
    distal = _farthest(steps, seed, in_cistern if in_cistern.any() else region.certain)
    proximal = _farthest(steps, distal, in_root if in_root.any() else region.certain)
    return proximal, distal


def _strongest(share: Field, within: NDArray[np.bool_]) -> tuple[int, ...]:
    smooth = ndimage.uniform_filter(share, 3)
    index = np.unravel_index(int(np.argmax(np.where(within, smooth, -1.0))), share.shape)
    return tuple(int(i) for i in index)


def _farthest(
    steps: NDArray[np.float64], start: tuple[int, ...], among: NDArray[np.bool_]
) -> tuple[int, ...]:
    costs, _ = MCP_Geometric(steps).find_costs([start])
    reached = np.where(among & np.isfinite(costs), costs, -1.0)
    index = np.unravel_index(int(np.argmax(reached)), reached.shape)
    return tuple(int(i) for i in index)


def _cheapest_path(
    nerve: Field, allowed: NDArray[np.bool_], start: tuple[int, ...], end: tuple[int, ...]
) -> NDArray[np.float64]:
    smooth = ndimage.gaussian_filter(nerve, 1.0)
    cost = np.where(allowed, 1.0 / (smooth + _FLOOR), -1.0)
    walker = MCP_Geometric(cost)
    walker.find_costs([start], [end])
    return np.array(walker.traceback(end), dtype=np.float64)


def _centred(points: Points, nerve: Field, spacing_mm: float) -> Points:
    """The path moved, at right angles to itself, to the middle of the nerve, and smoothed."""
    voxels = np.argwhere(nerve > 0.1)
    weight = nerve[tuple(voxels.T)].astype(np.float64)
    places = voxels * spacing_mm
    tree = cKDTree(places)
    for _ in range(3):
        tangents = np.gradient(points, axis=0)
        tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-9)
        neighbours = tree.query_ball_point(points, 1.2)
        shift = np.zeros_like(points)
        for i, near in enumerate(neighbours):
            if near:
                offset = places[near] - points[i]
                shift[i] = np.average(offset, axis=0, weights=weight[near])
        along = (shift * tangents).sum(axis=1, keepdims=True) * tangents
        points = _smoothed(points + shift - along)
    return points


def _smoothed(points: Points) -> Points:
    """Gaussian smoothing (0.5 mm) that does not shorten the curve: odd reflection at the ends."""
    pad = 6 if len(points) > 6 else len(points) - 1
    before = 2 * points[0] - points[pad:0:-1]
    after = 2 * points[-1] - points[-2 : -pad - 2 : -1]
    smooth = ndimage.gaussian_filter1d(np.concatenate([before, points, after]), 1.0, axis=0)
    return np.asarray(smooth[pad : pad + len(points)])


def _to_the_ends(points: Points, nerve: Field, spacing_mm: float) -> Points:
    """Both ends moved along their direction to where the label ends."""
    first = _label_end(points[0], points[0] - points[min(3, len(points) - 1)], nerve, spacing_mm)
    last = _label_end(points[-1], points[-1] - points[-min(4, len(points))], nerve, spacing_mm)
    inner = points[1:-1]
    along_first = (inner - first) @ (points[0] - points[1]) < 0
    along_last = (inner - last) @ (points[-1] - points[-2]) < 0
    keep = np.ones(len(inner), dtype=bool)
    keep[:4], keep[-4:] = along_first[:4], along_last[-4:]
    return np.concatenate([first[None], inner[keep], last[None]])


def _label_end(end: Points, outward: Points, nerve: Field, spacing_mm: float) -> Points:
    """The place within 1 mm of an end, along its direction, where the label falls to a half."""
    direction = outward / max(float(np.linalg.norm(outward)), 1e-9)
    offsets = np.arange(-1.0, 1.0, 0.05)
    line = end + offsets[:, None] * direction
    values = sampled(nerve, line, spacing_mm)
    inside = values >= 0.5 * min(1.0, float(values[:20].max()))
    last = int(np.flatnonzero(inside)[-1]) if inside.any() else 20
    return np.asarray(line[last])


def _meeting_place(points: Points, root: Field, cistern: Field, spacing_mm: float) -> float:
    """Arc length that best parts label 2 (before) from label 3 (after)."""
    wrong_before = np.cumsum(sampled(cistern, points, spacing_mm))
    after = sampled(root, points, spacing_mm)
    wrong_after = after.sum() - np.cumsum(after)
    return float(arc_length(points)[int(np.argmin(wrong_before + wrong_after))])


def _without_caps(course: NerveCourse, radius_mm: float) -> NerveCourse:
    """The course between the points at which the labels' tubes end, not their half-spheres.

    The half-sphere of label 2 lies over label 3 where they meet.
    """
    cap = _CAP_RADII * radius_mm
    inside = (course.s_mm > cap) & (course.s_mm < course.length_mm - cap)
    if int(inside.sum()) < 2:
        return course
    ends = [course.at(cap)[None], course.points[inside], course.at(course.length_mm - cap)[None]]
    points = evenly(np.concatenate(ends), SPACING_MM)
    return NerveCourse(points, max(0.0, course.tz_end_mm - 2 * cap))
