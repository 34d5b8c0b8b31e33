"""Smooth random fields fixed in space: the same on every grid that is laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.geometry.sampling import linear_weights, weighted

_HEAD_LOW_MM, _HEAD_HIGH_MM = (-140.0, -140.0, -130.0), (140.0, 150.0, 50.0)
"""LPS corners of what a slab over the pons can show."""


@dataclass(frozen=True, eq=False)
class Texture:
    """Random values on a lattice, read linearly. origin_mm: LPS of the first; mean 1."""

    values: NDArray[np.float32]
    origin_mm: NDArray[np.float64]
    step_mm: float

    def on(self, axes: Sequence[NDArray[np.float64]], device: torch.device | str) -> Tensor:
        """At the voxels of a grid with equidistant coordinates (mm) along LPS."""
        weights = []
        for axis, origin, size in zip(axes, self.origin_mm, self.values.shape, strict=True):
            step = axis[1] - axis[0] if len(axis) > 1 else 0.0
            first = (axis[0] - origin) / self.step_mm
            weights.append(linear_weights(len(axis), first, step / self.step_mm, size))
        return weighted(torch.as_tensor(self.values, device=device), weights)


def texture_between(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    spread: float,
    scale_mm: float,
    rng: np.random.Generator,
) -> Texture:
    """Grain of the given size and relative spread between two corners, LPS mm."""
    size = np.ceil((high - low) / scale_mm).astype(int) + 2
    noise = rng.standard_normal(size, dtype=np.float32)
    return Texture(np.float32(1.0) + np.float32(1.3 * spread) * noise, np.asarray(low), scale_mm)


def head_texture(spread: float, scale_mm: float, rng: np.random.Generator) -> Texture:
    """Grain over the whole lower head."""
    return texture_between(np.array(_HEAD_LOW_MM), np.array(_HEAD_HIGH_MM), spread, scale_mm, rng)
