"""Fitting the correction of a measured value, and the width of its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from pipeline.assess.calibration import Correction

_COVERAGE = 0.9
_PULL = 3.0
"""Weight, in sides, with which each part of the curve is pulled towards no correction."""


def fit_correction(
    measured: Sequence[float], true: Sequence[float], knots: Sequence[float]
) -> Correction:
    """The monotone, piecewise linear curve with the least mean absolute error.

    knots: measured values between which the curve is straight, the first one 0. The curve never
    falls, since a larger measured value cannot mean a smaller true one, and beyond the last knot
    it has slope 1. With few sides it stays near "true = measured". Least squares would instead
    follow the sides whose nearest vessel was missed: their errors, all to one side, would turn
    a measured 0 into a gap.
    """
    edges = np.asarray(knots, dtype=np.float64)
    values = np.asarray(measured, dtype=np.float64)
    target = np.asarray(true, dtype=np.float64) - np.maximum(0.0, values - edges[-1])
    identity = np.concatenate([[0.0], np.diff(edges)])
    rises = _least_absolute(
        np.concatenate([_ramps(values, edges), _PULL * np.eye(len(edges))]),
        np.concatenate([target, _PULL * identity]),
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


def _least_absolute(table: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The x >= 0 with the least sum of |table x - target|, as a linear programme."""
    rows, columns = table.shape
    cost = np.concatenate([np.zeros(columns), np.ones(rows)])
    beyond = np.block([[table, -np.eye(rows)], [-table, -np.eye(rows)]])
    solved = linprog(cost, A_ub=beyond, b_ub=np.concatenate([target, -target]))
    return np.asarray(solved.x[:columns])


def _ramps(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns: 1, then for each part of the curve how much of it lies below the value, 0..1."""
    parts = (values[:, None] - edges[:-1]) / np.diff(edges)
    return np.concatenate([np.ones((len(values), 1)), np.clip(parts, 0.0, 1.0)], axis=1)
