"""Voxel grids: how array indices map to patient coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Side = Literal["left", "right"]


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular voxel grid in patient space.

    shape: number of voxels along the three array axes.
    affine: 4x4, array index (i, j, k, 1) to LPS millimetres, voxel centres at integer indices.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        """Edge lengths of a voxel along the array axes, in mm."""
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def centre_lps(self) -> NDArray[np.float64]:
        """Centre of the grid in LPS mm, shape (3,)."""
        return self.to_lps((np.array(self.shape) - 1) / 2)

    def to_lps(self, index: ArrayLike) -> NDArray[np.float64]:
        """LPS mm of (possibly fractional) array indices; shape (..., 3) in and out."""
        points = np.asarray(index, dtype=np.float64)
        return points @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, points_lps: ArrayLike) -> NDArray[np.float64]:
        """Fractional array indices of LPS mm points; shape (..., 3) in and out."""
        points = np.asarray(points_lps, dtype=np.float64)
        inverse = np.linalg.inv(self.affine[:3, :3])
        return np.asarray((points - self.affine[:3, 3]) @ inverse.T, dtype=np.float64)

    def contains(self, points_lps: ArrayLike, margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Whether LPS points lie inside the grid by at least `margin_mm`; shape (...)."""
        index = self.to_index(points_lps)
        margin = margin_mm / np.array(self.voxel_mm)
        inside = (index >= -0.5 + margin) & (index <= np.array(self.shape) - 0.5 - margin)
        return np.asarray(inside.all(axis=-1))

    def moved(self, transform_lps: NDArray[np.float64]) -> Grid:
        """The same array placed elsewhere: `transform_lps` (4x4, LPS to LPS) applied after."""
        return Grid(self.shape, transform_lps @ self.affine)


def isotropic(centre_lps: ArrayLike, size_mm: float, spacing_mm: float) -> Grid:
    """A cubic grid with axes along LPS, `size_mm` wide, centred on a point."""
    count = round(size_mm / spacing_mm)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = np.asarray(centre_lps) - spacing_mm * (count - 1) / 2
    return Grid((count, count, count), affine)


def aligned(centre_lps: ArrayLike, extent_mm: ArrayLike, spacing_mm: float) -> Grid:
    """A grid of cubic voxels with axes along LPS, at least `extent_mm` wide, around a point."""
    count = np.maximum(np.ceil(np.asarray(extent_mm) / spacing_mm), 1).astype(int)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = np.asarray(centre_lps) - spacing_mm * (count - 1) / 2
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)


def side_crop(centre_lps: ArrayLike, side: Side, size_mm: float, spacing_mm: float) -> Grid:
    """The cubic crop of one side, laid out so that both sides look like the right one.

    Axis 0 runs from lateral to medial on either side: along +x (LPS) on the patient's right,
    along -x on the left. No array is ever flipped: the affine alone carries the mirror, so
    every coordinate computed from the crop is already the patient's.
    """
    crop = isotropic(centre_lps, size_mm, spacing_mm)
    if side == "right":
        return crop
    mirror = np.eye(4)
    mirror[0, 0] = -1.0
    mirror[0, 3] = crop.shape[0] - 1
    return Grid(crop.shape, crop.affine @ mirror)
