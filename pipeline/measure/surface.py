"""Boundaries of soft labels, finer than a voxel.

A thin tube never fills a voxel, and an unsure network never says 1; the level 0.5 would make
both too thin or lose them. The boundary is therefore drawn at a level that follows the local
maximum m of the label. A tube of radius r, blurred with a Gaussian of width w, has on its axis
m = 1 - exp(-q / 2) and on its surface (1 - exp(-q) I0(q)) / 2, where q = (r / w)^2: so the first
gives the second, whatever the blur. The level is 0.5 for a plane and falls with m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import i0e
from skimage.measure import marching_cubes

from pipeline.measure.soft_labels import Field, Points

MIN_PEAK = 0.3
"""A label that nowhere near reaches this has no boundary there: more likely absent than not."""
_REACH = 11
"""Width of the neighbourhood of the local maximum, in half voxels: 2.2 mm at 0.4 mm."""
_SMOOTHING = 5
_MAX_PEAK = 0.9999


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh. vertices: (V, 3) crop mm. faces: (F, 3) vertex numbers."""

    vertices: Points
    faces: NDArray[np.int64]

    @property
    def face_areas_mm2(self) -> NDArray[np.float64]:
        """Area of each triangle, shape (F,)."""
        corners = self.vertices[self.faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        return np.asarray(0.5 * np.linalg.norm(normal, axis=1))


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points on a boundary (P, 3) in crop mm, and the area in mm2 that each stands for."""

    points: Points
    area_mm2: NDArray[np.float64]


def boundary_field(share: Field) -> Field:
    """Positive inside the structure, negative outside, 0 on its boundary; on half the spacing.

    Shape (I, J, K) becomes (2I-1, 2J-1, 2K-1), as in `doubled`.
    """
    fine = doubled(share)
    peak = ndimage.uniform_filter(ndimage.maximum_filter(fine, _REACH), _SMOOTHING)
    level = np.where(peak < MIN_PEAK, np.float32(0.5), _surface_level(peak))
    return np.asarray(fine - level, dtype=np.float32)


def doubled(field: Field) -> Field:
    """The field on half the spacing, by cubic interpolation (four points per axis).

    Shape (I, J, K) becomes (2I-1, 2J-1, 2K-1); every other value is the original.
    """
    for axis in range(3):
        field = _doubled_first_axis(np.moveaxis(field, axis, 0))
        field = np.moveaxis(field, 0, axis)
    return field


def surface(field: Field, spacing_mm: float) -> Surface | None:
    """The zero boundary of a field; None where it has none."""
    if not (field.min() < 0.0 < field.max()):
        return None
    vertices, faces, _, _ = marching_cubes(field, 0.0, spacing=(spacing_mm,) * 3)
    return Surface(vertices.astype(np.float64), faces.astype(np.int64))


def surface_points(mesh: Surface, close: NDArray[np.bool_]) -> SurfacePoints:
    """Points of a surface: dense where a vertex is `close` (V,), elsewhere the vertices.

    Dense points are the centres of nine equal parts of a triangle, less than 0.1 mm apart on the
    halved grid: distances of a few tenths of a millimetre need them, larger ones do not.
    """
    area = mesh.face_areas_mm2
    dense = close[mesh.faces].any(axis=1)
    corners = mesh.vertices[mesh.faces[dense]]
    fine = np.einsum("bk,fkd->fbd", _PART_CENTRES, corners).reshape(-1, 3)
    fine_area = np.repeat(area[dense] / len(_PART_CENTRES), len(_PART_CENTRES))
    coarse_area = np.bincount(
        mesh.faces[~dense].ravel(), np.repeat(area[~dense] / 3, 3), len(mesh.vertices)
    )
    used = coarse_area > 0
    return SurfacePoints(
        np.concatenate([fine, mesh.vertices[used]]),
        np.concatenate([fine_area, coarse_area[used]]),
    )


def sampled(field: Field, points: Points, spacing_mm: float) -> NDArray[np.float64]:
    """Linear interpolation of a field at crop-mm points (..., 3)."""
    index = np.moveaxis(points / spacing_mm, -1, 0)
    values = ndimage.map_coordinates(field, index, order=1, mode="nearest")
    return np.asarray(values, dtype=np.float64)


def gradient(field: Field, points: Points, spacing_mm: float) -> Points:
    """Unit direction of steepest ascent at points (N, 3): into the structure."""
    steps = spacing_mm * np.eye(3)
    ahead = sampled(field, points[:, None] + steps, spacing_mm)
    behind = sampled(field, points[:, None] - steps, spacing_mm)
    slope = ahead - behind
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    return np.asarray(slope / np.where(length > 0, length, 1.0))


def _surface_level(peak: Field) -> Field:
    """Value on the surface of a blurred tube with the given value on its axis."""
    squared_ratio = -2.0 * np.log1p(-np.clip(peak, 0.0, _MAX_PEAK))
    return np.asarray(0.5 * (1.0 - i0e(squared_ratio)), dtype=np.float32)


def _doubled_first_axis(field: Field) -> Field:
    padded = np.pad(field, ((1, 1), (0, 0), (0, 0)), mode="edge")
    between = (9 * (padded[1:-2] + padded[2:-1]) - padded[:-3] - padded[3:]) / 16
    result = np.empty((2 * field.shape[0] - 1, *field.shape[1:]), dtype=np.float32)
    result[::2], result[1::2] = field, between
    return result


def _part_centres(parts: int) -> NDArray[np.float64]:
    """Corner weights of the centres of parts^2 equal triangles within a triangle."""
    upright = [(i + 1 / 3, j + 1 / 3) for i in range(parts) for j in range(parts - i)]
    turned = [(i + 2 / 3, j + 2 / 3) for i in range(parts) for j in range(parts - 1 - i)]
    first = np.array(upright + turned) / parts
    return np.column_stack([first, 1.0 - first.sum(axis=1)])


_PART_CENTRES = _part_centres(3)
