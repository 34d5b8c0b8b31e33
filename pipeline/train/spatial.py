"""Random placement of a training patch: one affine map, one interpolation.

Maps carry voxel indices of the patch to voxel indices of the source array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch.nn import functional

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Placement:
    """source index = matrix @ patch index + offset, for a patch of `shape` voxels."""

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    shape: Shape

    def to_source(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Source indices of patch indices, shape (..., 3) in and out."""
        return index @ self.matrix.T + self.offset

    def to_patch(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Patch indices of source indices, shape (..., 3) in and out."""
        return (index - self.offset) @ np.asarray(np.linalg.inv(self.matrix), np.float64).T

    def shifted(self, voxels: NDArray[np.float64]) -> Placement:
        """The same patch reading from a place `voxels` further on in the source."""
        return Placement(self.matrix, self.offset + voxels, self.shape)


def random_placement(
    centre: NDArray[np.float64],
    shape: Shape,
    rng: np.random.Generator,
    *,
    max_rotation_degrees: float,
    scale: tuple[float, float],
    mirror: bool = False,
) -> Placement:
    """A patch centred on a source index, rotated and scaled at random.

    max_rotation_degrees: bound of the angle about a random axis.
    mirror: reverse the first axis (the patient's left and right change places).
    """
    axis = rng.normal(size=3)
    angle = np.deg2rad(rng.uniform(-max_rotation_degrees, max_rotation_degrees))
    turn = Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle).as_matrix()
    matrix = turn / rng.uniform(*scale)
    if mirror:
        matrix = matrix @ np.diag([-1.0, 1.0, 1.0])
    middle = (np.array(shape) - 1) / 2
    return Placement(matrix, centre - matrix @ middle, shape)


def sample(source: NDArray[np.generic], placement: Placement, *, nearest: bool) -> torch.Tensor:
    """The patch as float32, shape `placement.shape`; zero outside the source.

    source: 3-D array of any numeric type; only the part that the patch touches is converted.
    """
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in placement.shape])).reshape(3, -1).T
    reached = placement.to_source(corners.astype(np.float64))
    low = np.clip(np.floor(reached.min(axis=0)).astype(int) - 1, 0, np.array(source.shape) - 2)
    high = np.clip(np.ceil(reached.max(axis=0)).astype(int) + 2, low + 2, source.shape)
    part = source[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    values = torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32))
    grid = _normalised_grid(placement.shifted(-low.astype(np.float64)), part.shape)
    mode = "nearest" if nearest else "bilinear"
    sampled = functional.grid_sample(values[None, None], grid[None], mode, "zeros", True)
    return sampled[0, 0]


def _normalised_grid(placement: Placement, source_shape: tuple[int, ...]) -> torch.Tensor:
    """Coordinates for grid_sample (last axis first, -1..1 from first to last voxel centre)."""
    scale = 2.0 / (np.array(source_shape) - 1)
    matrix = torch.from_numpy((placement.matrix * scale[:, None])[::-1].astype(np.float32).copy())
    offset = torch.from_numpy((placement.offset * scale - 1)[::-1].astype(np.float32).copy())
    i, j, k = (torch.arange(n, dtype=torch.float32) for n in placement.shape)
    return (
        i[:, None, None, None] * matrix[:, 0]
        + j[None, :, None, None] * matrix[:, 1]
        + k[None, None, :, None] * matrix[:, 2]
        + offset
    )
