"""Two statistics that are computed hundreds of times in a bootstrap: area under curve, kappa."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata


def area_under_curve(present: Sequence[bool], scores: Sequence[float]) -> float | None:
    """Probability that a positive scores higher than a negative, ties one half.

    None where only one kind is there.
    """
    truth = np.asarray(present, dtype=bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    ranks = rankdata(scores)[truth].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def kappa(
    first: Sequence[int], second: Sequence[int], classes: int, *, quadratic: bool = False
) -> float | None:
    """Cohen's kappa of two ratings 0..classes-1, optionally with quadratic weights.

    None where it is undefined: no ratings, or both always the same single class.
    """
    table = np.zeros((classes, classes))
    np.add.at(table, (np.asarray(first, dtype=int), np.asarray(second, dtype=int)), 1.0)
    steps = np.subtract.outer(np.arange(classes), np.arange(classes))
    weights = steps**2 if quadratic else (steps != 0).astype(int)
    total = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(total, 1.0)
    by_chance = float((weights * expected).sum())
    return 1.0 - float((weights * table).sum()) / by_chance if by_chance > 0 else None
