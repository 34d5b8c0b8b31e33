"""Scores with confidence intervals by patient: the two sides of a patient go together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from pipeline.records.base import Record

Item = TypeVar("Item")
_REPEATS = 500
_SEED = 20_240_601


class Score(Record):
    """A figure with its 95 % interval; None where it cannot be computed. count: sides in it."""

    value: float | None
    low: float | None
    high: float | None
    count: int


def scored(
    items: Sequence[Item],
    statistic: Callable[[Sequence[Item]], float | None],
    patient: Callable[[Item], Hashable],
) -> Score:
    """The statistic over all items, with percentile bootstrap over patients."""
    value = statistic(items) if items else None
    if value is None:
        return Score(value=None, low=None, high=None, count=len(items))
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[patient(item)].append(item)
    patients = list(groups.values())
    rng = np.random.default_rng(_SEED)
    values = []
    for _ in range(_REPEATS):
        drawn = rng.integers(len(patients), size=len(patients))
        again = statistic([item for index in drawn for item in patients[index]])
        if again is not None:
            values.append(again)
    low, high = np.percentile(values, [2.5, 97.5]) if values else (np.nan, np.nan)
    return Score(value=_rounded(value), low=_rounded(low), high=_rounded(high), count=len(items))


def share(
    items: Sequence[Item], test: Callable[[Item], bool], patient: Callable[[Item], Hashable]
) -> Score:
    """The share of items that pass a test.

    Where all or none do, a bootstrap knows no spread; the exact binomial interval over patients
    (Clopper-Pearson) tells then how little a few can show.
    """
    patients = len(set(map(patient, items)))
    found = scored(items, lambda some: float(np.mean([test(one) for one in some])), patient)
    beyond = _rounded(1.0 - 0.025 ** (1.0 / patients)) if patients else None
    if found.value == 0.0:
        return found.model_copy(update={"high": beyond})
    if found.value == 1.0 and beyond is not None:
        return found.model_copy(update={"low": _rounded(1.0 - beyond)})
    return found


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
