"""Fitting the correction of a measured value, and the width of its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pipeline.assess.calibration import Correction

_COVERAGE = 0.9
_PULL = 3.0
"""Weight, in sides, with which each part of the curve is pulled towards no correction."""


def fit_correction(
    measured: Sequence[float], true: Sequence[float], knots: Sequence[float]
) -> Correction:
    """The monotone, piecewise linear curve that best gives the true value (least squares).

    knots: measured values between which the curve is straight, the first one 0. The curve never
    falls, since a larger measured value cannot mean a smaller true one, and beyond the last knot
    it has slope 1. With few sides it stays near "true = measured".
    """
    edges = np.asarray(knots, dtype=np.float64)
    values = np.asarray(measured, dtype=np.float64)
    ramps = _ramps(values, edges)
    target = np.asarray(true, dtype=np.float64) - np.maximum(0.0, values - edges[-1])
    identity = np.concatenate([[0.0], np.diff(edges)])
    pull = math.sqrt(_PULL) * np.eye(len(edges))
    rises, _ = nnls(
        np.concatenate([ramps, pull]), np.concatenate([target, math.sqrt(_PULL) * identity])
    )
    curve = np.round(np.cumsum(rises), 4)
    return Correction(measured=tuple(map(float, edges)), true=tuple(map(float, curve)))


def fit_interval_factor(
    corrected: Sequence[float], true: Sequence[float], uncertainty: Sequence[float]
) -> float:
    """Half-width of the 90 % interval in standard uncertainties, by split conformal prediction."""
    scores = np.sort(np.abs(np.subtract(corrected, true)) / np.asarray(uncertainty))
    rank = min(len(scores), math.ceil(_COVERAGE * (len(scores) + 1)))
    return round(float(scores[rank - 1]), 4)


def _ramps(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns: 1, then for each part of the curve how much of it lies below the value, 0..1."""
    parts = (values[:, None] - edges[:-1]) / np.diff(edges)
    return np.concatenate([np.ones((len(values), 1)), np.clip(parts, 0.0, 1.0)], axis=1)
