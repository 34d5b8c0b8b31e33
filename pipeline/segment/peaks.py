"""Landmarks from heatmaps: the peak, refined below the voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHANNELS = ("left_rez", "right_rez", "left_porus", "right_porus")
"""Order of the localiser's heatmaps; brainstem follows as the fifth output."""
_RADIUS_VOXELS = 3


@dataclass(frozen=True, eq=False)
class Peak:
    """index: sub-voxel array index, shape (3,). height: heatmap value there, 0..1."""

    index: NDArray[np.float64]
    height: float


def find_peak(heatmap: NDArray[np.float32]) -> Peak:
    """The highest voxel of a heatmap (X, Y, Z), moved to the centre of mass around it.

    The centre of mass is taken over voxels within 3 of the peak and above half its height, each
    weighted by what it rises above that half, so that the skirts of a second peak do not pull.
    """
    top = np.array(np.unravel_index(int(np.argmax(heatmap)), heatmap.shape))
    low = np.maximum(top - _RADIUS_VOXELS, 0)
    high = np.minimum(top + _RADIUS_VOXELS + 1, heatmap.shape)
    around = heatmap[low[0] : high[0], low[1] : high[1], low[2] : high[2]].astype(np.float64)
    height = float(heatmap[tuple(top)])
    weight = np.clip(around - height / 2, 0.0, None)
    if weight.sum() <= 0:
        return Peak(top.astype(np.float64), height)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in around.shape), indexing="ij"))
    centre = (grid * weight).sum(axis=(1, 2, 3)) / weight.sum()
    return Peak(low + centre, height)
