"""Brightness brought to one scale for the networks, in training and in use alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LOW_PERCENT, _HIGH_PERCENT = 0.5, 99.5
_CEILING = 1.5


def intensity_range(array: NDArray[np.generic]) -> tuple[float, float]:
    """The stored values that become 0 and 1: the 0.5th and 99.5th percentile of all voxels."""
    low, high = np.percentile(np.asarray(array, dtype=np.float32), (_LOW_PERCENT, _HIGH_PERCENT))
    return float(low), float(max(high, low + 1e-6))


def normalised(array: NDArray[np.generic], low: float, high: float) -> NDArray[np.float32]:
    """(array - low) / (high - low), cut off at 0 and 1.5, as float32."""
    scaled = (np.asarray(array, dtype=np.float32) - np.float32(low)) / np.float32(high - low)
    return np.asarray(np.clip(scaled, 0.0, _CEILING), dtype=np.float32)
