"""Soft labels of one side: the crop segmented several times from slightly shifted grids."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid
from pipeline.segment.engine import Engine

Probabilities = NDArray[np.uint8]
"""(variants, labels, N, N, N): soft labels times 255."""
Images = Callable[[Grid], NDArray[np.float32]]
"""The sequences on a grid, (3, N, N, N), in the order of IMAGE_ROLES."""
_STRIDE = 8
_SHIFTS = ((0.0, 0.0, 0.0), *(signs for signs in product((0.5, -0.5), repeat=3)))
"""Variants differ by half a voxel along each axis: as far as the grid's place can matter."""
MAX_VARIANTS = len(_SHIFTS)


def side_probabilities(images: Images, crop: Grid, engine: Engine, variants: int) -> Probabilities:
    """Segment the crop on `variants` grids and bring all answers to the crop's own grid.

    Variant 0 is the crop itself. `variants` is at most MAX_VARIANTS.
    """
    if not 1 <= variants <= MAX_VARIANTS:
        raise ValueError(f"variants must be between 1 and {MAX_VARIANTS}")
    return np.stack([_variant(images, crop, engine, np.array(s)) for s in _SHIFTS[:variants]])


def _variant(
    images: Images, crop: Grid, engine: Engine, shift: NDArray[np.float64]
) -> NDArray[np.uint8]:
    moved = np.eye(4)
    moved[:3, 3] = shift
    grid = Grid(crop.shape, crop.affine @ moved)
    logits = _shifted_back(_logits(images(grid), engine), shift)
    return softmax_bytes(logits)


def _logits(image: NDArray[np.float32], engine: Engine) -> NDArray[np.float32]:
    padding = [(0, 0), *((0, -n % _STRIDE) for n in image.shape[1:])]
    i, j, k = image.shape[1:]
    logits = engine(np.pad(image, padding)[None])[0]
    return np.asarray(logits[:, :i, :j, :k])


def _shifted_back(logits: NDArray[np.float32], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values at the crop's voxels from values at voxels `shift` further on, |shift| <= 1.

    Logits are interpolated, not probabilities: a boundary stays where it is and as sharp.
    """
    for axis, step in enumerate(shift, start=1):
        if step == 0:
            continue
        weight = np.float32(abs(step))
        neighbour = np.roll(logits, 1 if step > 0 else -1, axis=axis)
        edge = [slice(None)] * 4
        edge[axis] = slice(0, 1) if step > 0 else slice(-1, None)
        neighbour[tuple(edge)] = logits[tuple(edge)]
        logits = (1 - weight) * logits + weight * neighbour
    return logits


def softmax_bytes(logits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Softmax over the first axis, times 255, rounded."""
    raised = np.exp(logits - logits.max(axis=0))
    raised *= np.float32(255) / raised.sum(axis=0)
    return np.asarray(np.rint(raised, out=raised), dtype=np.uint8)
