"""Both sides' soft labels as one label image on the grid of the reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.records.base import Side
from pipeline.segment.sampling import subvolume
from pipeline.segment.soft import Probabilities


def label_image(
    sides: Mapping[Side, tuple[Probabilities, Grid]], reference: Grid
) -> NDArray[np.uint8]:
    """The likeliest label (mean of all variants) in every voxel of the reference.

    Voxels outside both crops are 0; where the crops overlap, the one with the nearer centre
    decides.
    """
    labels = np.zeros(reference.shape, dtype=np.uint8)
    nearest = np.full(reference.shape, np.inf, dtype=np.float32)
    for probabilities, crop in sides.values():
        box = _touched(crop, reference)
        if box is None:
            continue
        low, high = box
        part = subvolume(Volume(labels, reference), low, high)
        inside, distance = _within(crop, part.grid)
        here = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        wins = inside & (distance < nearest[here])
        labels[here][wins] = _likeliest(probabilities, crop, part.grid)[wins]
        nearest[here][wins] = distance[wins]
    return labels


def _touched(crop: Grid, reference: Grid) -> tuple[NDArray[np.int_], NDArray[np.int_]] | None:
    """First and last (exclusive) reference index that the crop can touch."""
    ends = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in crop.shape])).reshape(3, -1).T
    index = reference.to_index(crop.to_lps(ends))
    low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, reference.shape)
    return None if (high <= low).any() else (low, high)


def _within(crop: Grid, part: Grid) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which voxels lie in the crop, and how far from its centre each is (mm)."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in part.shape), indexing="ij"), axis=-1)
    points = part.to_lps(index)
    centre = crop.centre_lps
    distance = np.linalg.norm(points - centre, axis=-1).astype(np.float32)
    return crop.contains(points), distance


def _likeliest(probabilities: Probabilities, crop: Grid, part: Grid) -> NDArray[np.uint8]:
    """Label with the greatest mean probability, sampled at the voxels of `part`."""
    best = np.zeros(part.shape, dtype=np.uint8)
    highest = np.full(part.shape, -1.0, dtype=np.float32)
    for label in range(probabilities.shape[1]):
        mean = probabilities[:, label].mean(axis=0, dtype=np.float32)
        if label > 0 and mean.max() < 1.0:
            continue
        padded = Volume(np.pad(mean, 1, mode="edge"), _padded(crop))
        value = resample(padded, part).array
        wins = value > highest
        best[wins], highest[wins] = label, value[wins]
    return best


def _padded(crop: Grid) -> Grid:
    """The crop with one voxel more on every side, so that its outer half voxels interpolate."""
    shift = np.eye(4)
    shift[:3, 3] = -1.0
    i, j, k = crop.shape
    return Grid((i + 2, j + 2, k + 2), crop.affine @ shift)
