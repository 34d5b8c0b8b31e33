"""Stand-ins for the networks, with answers that are known in advance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Grid, Volume
from pipeline.records.landmarks import ModelUsed
from pipeline.segment.engine import Engine
from pipeline.segment.networks import Networks
from pipeline.segment.peaks import CHANNELS

POINTS = {
    "left_rez": (14.0, 20.0, -30.0),
    "right_rez": (-14.0, 21.0, -30.0),
    "left_porus": (31.0, 14.0, -28.0),
    "right_porus": (-31.0, 15.0, -28.0),
}
"""Landmarks, LPS mm."""


def gaussian(
    shape: tuple[int, ...], centre: NDArray[np.float64], sigma: float
) -> NDArray[np.float32]:
    """Height 1 at a sub-voxel centre (array index)."""
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    distance = ((grid - centre) ** 2).sum(axis=-1)
    return np.exp(-0.5 * distance / sigma**2).astype(np.float32)


def logit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    clipped = np.clip(values, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def painted(axes: NDArray[np.float64]) -> Volume:
    """A 1 mm volume with the landmarks as 9 mm cubes of their own grey.

    Columns of `axes` are the LPS directions of the array axes.
    """
    affine = np.eye(4)
    affine[:3, :3] = axes
    shape = tuple(int(n) for n in np.abs(axes.T) @ [100, 80, 60])
    affine[:3, 3] = np.array([0.0, 20.0, -30.0]) - axes @ (np.array(shape) - 1) / 2
    grid = Grid((shape[0], shape[1], shape[2]), affine)
    array = np.zeros(grid.shape, dtype=np.float32)
    for channel, name in enumerate(CHANNELS):
        i, j, k = np.rint(grid.to_index(POINTS[name])).astype(int)
        array[i - 4 : i + 5, j - 4 : j + 5, k - 4 : k + 5] = 200.0 * (channel + 1)
    array[:20, :20, :20] = 1000.0
    return Volume(array, grid)


def marker_engine() -> Engine:
    """A localiser that finds landmarks painted as blobs of brightness 0.2, 0.4, 0.6 and 0.8.

    Whatever reaches 1 is background to it, and brainstem is nowhere.
    """

    def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
        image = images[0, 0]
        maps = np.zeros((1, len(CHANNELS) + 1, *image.shape), dtype=np.float32)
        blobs, count = ndimage.label(image > 0.1)
        for blob in range(1, count + 1):
            brightest = image[blobs == blob].max()
            channel = round(float(brightest) / 0.2) - 1
            if 0 <= channel < len(CHANNELS):
                centre = np.array(ndimage.center_of_mass(blobs == blob))
                maps[0, channel] = gaussian(image.shape, centre, 2.0)
        return logit(np.float32(0.95) * maps)

    return run


def bright_engine(labels: int = 9) -> Engine:
    """A segmenter that calls artery (5) whatever is bright in the first sequence."""

    def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = np.zeros((1, labels, *images.shape[2:]), dtype=np.float32)
        logits[0, 5] = 40.0 * (images[0, 0] - 0.5)
        return logits

    return run


def fake_networks(localiser: Engine, segmenter: Engine) -> Networks:
    used = (ModelUsed(name="fake", version="1", sha256="0" * 64),)
    return Networks(localiser, segmenter, used, lambda: "cpu (fake)")
