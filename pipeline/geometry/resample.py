"""Interpolation of a volume onto another grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry.grid import Grid
from pipeline.geometry.volume import Volume


def resample(
    volume: Volume,
    target: Grid,
    *,
    target_to_volume_lps: NDArray[np.float64] | None = None,
    order: int = 1,
    outside: float = 0.0,
) -> Volume:
    """The volume sampled at the voxel centres of `target`.

    target_to_volume_lps: 4x4, carries LPS points of the target's frame into the volume's frame
        (a registration); identity when None.
    order: spline order of scipy.ndimage (0 nearest, 1 linear, 3 cubic).
    outside: value of target voxels that lie outside the volume.

    Where the target is coarser than the volume, the volume is first smoothed with the Gaussian
    whose width makes up the difference, so that fine detail does not alias.
    """
    bridge = np.eye(4) if target_to_volume_lps is None else target_to_volume_lps
    index_map = np.linalg.inv(volume.grid.affine) @ bridge @ target.affine
    source = np.asarray(volume.array, dtype=np.float32)
    if order > 0:
        source = _antialiased(source, index_map)
    linear, offset = index_map[:3, :3], index_map[:3, 3]
    if order == 1 and np.allclose(linear, np.diag(np.diag(linear)), atol=1e-9):
        return Volume(_along_axes(source, np.diag(linear), offset, target.shape, outside), target)
    sampled = ndimage.affine_transform(
        source,
        linear,
        offset=offset,
        output_shape=target.shape,
        order=order,
        mode="constant",
        cval=outside,
    )
    return Volume(sampled, target)


def _along_axes(
    source: NDArray[np.float32],
    step: NDArray[np.float64],
    offset: NDArray[np.float64],
    shape: tuple[int, int, int],
    outside: float,
) -> NDArray[np.float32]:
    """Linear interpolation for parallel axes, one axis after the other: several times faster."""
    result = source
    for axis in range(3):
        position = offset[axis] + step[axis] * np.arange(shape[axis])
        last = source.shape[axis] - 1
        lower = np.clip(np.floor(position), 0, max(last - 1, 0)).astype(np.intp)
        upper = np.minimum(lower + 1, last)
        weight = (position - lower).astype(np.float32)
        weight = weight.reshape([-1 if a == axis else 1 for a in range(3)])
        first = np.take(result, lower, axis=axis)
        result = first + weight * (np.take(result, upper, axis=axis) - first)
        beyond = (position < -1e-6) | (position > last + 1e-6)
        result[tuple(beyond if a == axis else slice(None) for a in range(3))] = outside
    return result


def _antialiased(
    source: NDArray[np.float32], index_map: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Source smoothed along each of its axes by what the step of the target demands."""
    step = np.abs(index_map[:3, :3]).max(axis=1)
    if (step <= 1.2).all():
        return source
    sigma = 0.42 * np.sqrt(np.maximum(step**2 - 1.0, 0.0))  # box of `step` voxels, FWHM matched
    return np.asarray(ndimage.gaussian_filter(source, sigma, truncate=2.5), dtype=np.float32)
