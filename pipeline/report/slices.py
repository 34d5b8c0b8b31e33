"""Cutting volumes and labels in a view plane."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.records.labels import Label
from pipeline.report.view_plane import ViewPlane

_MARGIN = 4
"""Voxels kept around what is cut, for interpolation."""
_LINEAR = 1
"""Interpolation between voxels; splines would ring and paint a dark rim beside a bright vessel."""

Outline = NDArray[np.float64]
"""A line in picture coordinates, shape (N, 2): column and row as shares of the picture's edge."""


def cut(
    volume: Volume,
    plane: ViewPlane,
    pixels: int,
    plane_to_volume_lps: NDArray[np.float64] | None = None,
    outside: float = 0.0,
) -> NDArray[np.float32]:
    """The volume in the plane, shape (rows, columns).

    plane_to_volume_lps: 4x4, carries LPS points of the plane's frame into the volume's frame.
    outside: value where the volume has nothing.
    """
    target = plane.grid(pixels)
    near = _surroundings(volume, target, plane_to_volume_lps)
    if near is None:
        return np.full((pixels, pixels), outside, dtype=np.float32)
    picture = resample(
        near, target, target_to_volume_lps=plane_to_volume_lps, order=_LINEAR, outside=outside
    )
    return np.asarray(picture.array[:, :, 0].T, dtype=np.float32)


def outlines(
    labels: Volume, plane: ViewPlane, pixels: int
) -> Iterator[tuple[Label, list[Outline]]]:
    """The outlines of every label that meets the plane, at half of its interpolated presence.

    labels: values of Label. pixels: fineness along each edge.
    """
    from skimage.measure import find_contours

    target = plane.grid(pixels)
    near = _surroundings(labels, target, None)
    if near is None:
        return
    present = np.unique(near.array)
    for label in Label:
        if label is Label.OTHER or label not in present:
            continue
        mask = Volume((near.array == label).astype(np.float32), near.grid)
        share = resample(mask, target, order=_LINEAR).array[:, :, 0]
        lines = [(line + 0.5) / pixels for line in find_contours(share, 0.5)]
        if lines:
            yield label, lines


def _surroundings(
    volume: Volume, target: Grid, target_to_volume_lps: NDArray[np.float64] | None
) -> Volume | None:
    """The part of the volume that the target lies in, with a margin; None where it has none."""
    bridge = np.eye(4) if target_to_volume_lps is None else target_to_volume_lps
    corners = target.to_lps(list(product(*((0, count - 1) for count in target.shape))))
    index = volume.grid.to_index(corners @ bridge[:3, :3].T + bridge[:3, 3])
    low = np.maximum(np.floor(index.min(axis=0)).astype(int) - _MARGIN, 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + _MARGIN + 1, volume.array.shape)
    return None if (low >= high).any() else _part(volume, low, high)


def _part(volume: Volume, low: NDArray[Any], high: NDArray[Any]) -> Volume:
    array = volume.array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    affine = volume.grid.affine.copy()
    affine[:3, 3] = volume.grid.to_lps(low)
    return Volume(array, Grid((array.shape[0], array.shape[1], array.shape[2]), affine))
