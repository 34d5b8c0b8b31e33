"""Whether the picture lies the way its header says: a head stands up and looks forwards.

Left and right look alike, but a head on its head or looking backwards does not; where rows or
slices were exchanged somewhere, sides may have been exchanged, too, and nothing can be trusted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from pipeline.segment.engine import Engine
from pipeline.segment.peaks import CHANNELS, find_peak

_STRIDE = 16
"""The localiser halves its grid four times."""
_CLEARLY = 0.05
"""By how much a turned picture must fit better, in mean height of the landmarks' peaks (localiser
0.4.0; docs/adr/0008-images-that-mislead.md)."""


def heatmaps(image: NDArray[np.float32], engine: Engine) -> NDArray[np.float32]:
    """The localiser's outputs, each 0..1, (5, X, Y, Z) for an image (X, Y, Z) along LPS."""
    padding = [(0, -n % _STRIDE) for n in image.shape]
    logits = engine(np.pad(image, padding)[None, None])[0]
    i, j, k = image.shape
    return np.asarray(expit(logits[:, :i, :j, :k]), dtype=np.float32)


def contradicts_header(
    image: NDArray[np.float32], maps: NDArray[np.float32], engine: Engine, least: float
) -> bool:
    """Whether all landmarks are found, and clearly better, in a copy that is turned over.

    image: along LPS, (X, Y, Z); maps: what the engine found in it. least: height of a landmark
    that counts as found.
    """
    here = _heights(maps)
    for front_to_back, head_to_foot in ((-1, 1), (1, -1), (-1, -1)):
        turned = np.ascontiguousarray(image[:, ::front_to_back, ::head_to_foot])
        there = _heights(heatmaps(turned, engine))
        if min(there) >= least and np.mean(there) > np.mean(here) + _CLEARLY:
            return True
    return False


def _heights(maps: NDArray[np.float32]) -> list[float]:
    return [find_peak(heatmap).height for heatmap in maps[: len(CHANNELS)]]
