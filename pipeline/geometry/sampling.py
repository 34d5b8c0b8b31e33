"""Interpolation of torch tensors between grids, many channels at once, on any device.

`pipeline.geometry.resample` does the same for NumPy volumes. This module is kept out of the
package's front door: it loads torch, which most stages do without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.geometry.grid import Grid


def sample(
    images: Tensor,
    grid: Grid,
    target: Grid,
    *,
    target_to_grid_lps: NDArray[np.float64] | None = None,
    nearest: bool = False,
) -> Tensor:
    """Images (channels, *grid.shape) at the voxel centres of `target`; 0 outside the grid.

    target_to_grid_lps: 4x4, carries LPS points of the target's frame into the grid's frame;
    identity when None. Linear, or of the nearest voxel; where the target is coarser, linear
    sampling smooths first, as `pipeline.geometry.resample` does.
    """
    bridge = np.eye(4) if target_to_grid_lps is None else target_to_grid_lps
    index_map = np.linalg.inv(grid.affine) @ bridge @ target.affine
    if not nearest:
        images = _antialiased(images, np.abs(index_map[:3, :3]).max(axis=1))
    theta = torch.as_tensor(_unit_cube_map(index_map, grid.shape, target.shape))
    size = (1, images.shape[0], *target.shape)
    where = torch.nn.functional.affine_grid(theta[None].to(images), list(size), align_corners=True)
    mode = "nearest" if nearest else "bilinear"
    return torch.nn.functional.grid_sample(images[None], where, mode=mode, align_corners=True)[0]


def sample_at(images: Tensor, index: Tensor) -> Tensor:
    """Images (channels, i, j, k) read linearly at fractional indices (a, b, c, 3); 0 outside."""
    last = torch.as_tensor(images.shape[1:], device=index.device) - 1
    where = (2.0 * index / last - 1.0).flip(-1)
    return torch.nn.functional.grid_sample(images[None], where[None], align_corners=True)[0]


def refined(coarse: Grid, grid: Grid) -> list[Tensor]:
    """Weights for `weighted` from one grid to another whose axes have the same directions."""
    first = coarse.to_index(grid.affine[:3, 3])
    steps = np.array(grid.voxel_mm) / coarse.voxel_mm
    return [
        linear_weights(count, float(start), float(step), size)
        for count, start, step, size in zip(grid.shape, first, steps, coarse.shape, strict=True)
    ]


def linear_weights(count: int, first: float, step: float, source: int) -> Tensor:
    """Weights (count, source) of linear interpolation at positions first + step * n.

    Positions are in voxels of the source; beyond its ends the nearest voxel is taken.
    """
    position = np.clip(first + step * np.arange(count), 0.0, source - 1.0)
    return torch.as_tensor(np.maximum(1.0 - np.abs(position[:, None] - np.arange(source)), 0.0))


def weighted(image: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """A tensor (..., a, b, c) multiplied along its last three axes by matrices (n, a), ..."""
    along_i, along_j, along_k = (matrix.to(image) for matrix in weights)
    head, (_, b, c) = image.shape[:-3], image.shape[-3:]
    result = (along_i @ image.flatten(-2)).reshape(*head, len(along_i), b, c)
    return (along_j @ result) @ along_k.T


def _unit_cube_map(
    index_map: NDArray[np.float64], source: Sequence[int], target: Sequence[int]
) -> NDArray[np.float64]:
    """The (3, 4) map of torch's affine_grid: cubes from -1 to 1, last array axis first."""
    to_index = np.diag([*[(n - 1) / 2 for n in target], 1.0])
    to_index[:3, 3] = [(n - 1) / 2 for n in target]
    to_cube = np.diag([*[2 / max(n - 1, 1) for n in source], 1.0])
    to_cube[:3, 3] = -1.0
    cube_map = to_cube @ index_map @ to_index
    order = [2, 1, 0]
    return np.concatenate([cube_map[order][:, order], cube_map[order, 3:]], axis=1)


def _antialiased(images: Tensor, step: NDArray[np.float64]) -> Tensor:
    if (step <= 1.2).all():
        return images
    sigma = 0.42 * np.sqrt(np.maximum(step**2 - 1.0, 0.0))  # as in pipeline.geometry.resample
    return weighted(
        images, [gaussian_weights(n, s) for n, s in zip(images.shape[1:], sigma, strict=True)]
    )


def gaussian_weights(count: int, sigma: float) -> Tensor:
    """Matrix (count, count) of a Gaussian filter; sigma in voxels, 0 for none."""
    apart = np.arange(count)[:, None] - np.arange(count)
    kernel = np.exp(-0.5 * (apart / max(sigma, 1e-3)) ** 2)
    return torch.as_tensor(kernel / kernel.sum(axis=1, keepdims=True))
