"""Intervals before calibration: spread over the variants, and a floor from the voxel size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline.records.findings import Interval

_VOXEL_SHARE = 0.3
"""Standard uncertainty of a boundary distance in voxels: assumed; calibration scales the
intervals to the coverage that they say."""
_NORMAL_90 = 1.645
"""Half-width of a 90 % interval in standard deviations of a normal distribution."""


def spread(values: Sequence[float]) -> float:
    """Standard deviation of the variants' values; 0 where there is only one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def uncalibrated_interval(value_mm: float, spread_mm: float, voxel_mm: float) -> Interval:
    """A nominal 90 % interval of a distance, cut at 0 below."""
    half = _NORMAL_90 * math.hypot(spread_mm, _VOXEL_SHARE * voxel_mm)
    return (max(0.0, value_mm - half), value_mm + half)


def standard_uncertainty(value_mm: float, interval: Interval) -> float:
    """The standard uncertainty behind an interval of `uncalibrated_interval`."""
    return (interval[1] - value_mm) / _NORMAL_90
