"""The voxels around a point, without a look at the rest of the volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Volume
from pipeline.records.base import Point


def within(
    volume: Volume, centre: Point, reach_mm: float
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """The box of voxels around a point, and which of them lie within reach."""
    middle = volume.grid.to_index(centre)
    half = reach_mm / np.array(volume.grid.voxel_mm) + 1
    low = np.maximum(np.floor(middle - half).astype(int), 0)
    high = np.minimum(np.ceil(middle + half).astype(int) + 1, volume.grid.shape)
    box = tuple(slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    shape = [part.stop - part.start for part in box]
    points = volume.grid.to_lps(np.moveaxis(np.indices(shape), 0, -1) + low)
    return box, np.asarray(np.linalg.norm(points - np.asarray(centre), axis=-1) <= reach_mm)
