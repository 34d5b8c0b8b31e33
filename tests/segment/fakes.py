"""Stand-ins for the networks, with answers that are known in advance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.records.landmarks import ModelUsed
from pipeline.segment.engine import Engine
from pipeline.segment.networks import Networks
from pipeline.segment.peaks import CHANNELS


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
