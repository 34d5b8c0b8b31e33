"""Images as the networks see them: sampled on a grid, brightness brought to one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.prepare.intensity import intensity_range, normalised

_MARGIN_VOXELS = 4
"""More than interpolation and the smoothing before it can reach."""


@dataclass(frozen=True, eq=False)
class PlacedVolume:
    """A sequence and its place: 4x4, LPS point of the reference -> LPS point of this volume."""

    volume: Volume
    reference_to_volume_lps: NDArray[np.float64]


def network_image(
    volume: Volume, target: Grid, target_to_volume_lps: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """The volume on `target`, 0..1.5, normalised over what it shows there; 0 outside of it.

    target_to_volume_lps: 4x4, LPS point of the target's frame -> LPS point of the volume's.
    """
    near = _neighbourhood(volume, target, target_to_volume_lps)
    if near is None:
        return np.zeros(target.shape, dtype=np.float32)
    sampled = resample(
        near, target, target_to_volume_lps=target_to_volume_lps, outside=float("nan")
    ).array
    shown = sampled[~np.isnan(sampled)]
    if shown.size == 0:
        return np.zeros(target.shape, dtype=np.float32)
    return normalised(np.nan_to_num(sampled, nan=-np.inf), *intensity_range(shown))


def _neighbourhood(
    volume: Volume, target: Grid, target_to_volume_lps: NDArray[np.float64] | None
) -> Volume | None:
    """The part of the volume that the target can touch; None where they do not meet.

    Keeps the sampling of a small crop from paying for the whole volume.
    """
    bridge = np.eye(4) if target_to_volume_lps is None else target_to_volume_lps
    corners = target.moved(bridge).to_lps(_corner_indices(target.shape))
    index = volume.grid.to_index(corners)
    low = np.maximum(np.floor(index.min(axis=0)).astype(int) - _MARGIN_VOXELS, 0)
    high = np.ceil(index.max(axis=0)).astype(int) + _MARGIN_VOXELS + 1
    high = np.minimum(high, volume.grid.shape)
    if (high - low < 1).any():
        return None
    return subvolume(volume, low, high)


def subvolume(volume: Volume, low: NDArray[np.int_], high: NDArray[np.int_]) -> Volume:
    """The voxels from `low` to `high` (exclusive) at their place in space."""
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    part = volume.array[i, j, k]
    shift = np.eye(4)
    shift[:3, 3] = low
    shape = (part.shape[0], part.shape[1], part.shape[2])
    return Volume(part, Grid(shape, volume.grid.affine @ shift))


def _corner_indices(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Indices of the eight corner voxels, shape (8, 3)."""
    ends = [(0.0, float(n - 1)) for n in shape]
    return np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)


def upright_grid(grid: Grid, spacing_mm: float) -> Grid:
    """The smallest cubic-voxel grid along the LPS axes that covers another grid's voxels."""
    corners = grid.to_lps(_corner_indices(grid.shape))
    low, high = corners.min(axis=0), corners.max(axis=0)
    count = np.maximum(np.ceil((high - low) / spacing_mm - 1e-6).astype(int) + 1, 2)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = (low + high) / 2 - spacing_mm * (count - 1) / 2
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)
