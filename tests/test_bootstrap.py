"""Intervals by patient: two sides of one patient are not two witnesses."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.bootstrap import scored, share

Item = tuple[str, float]


def mean(items: list[Item]) -> float:
    return float(np.mean([value for _, value in items]))


def patient(item: Item) -> str:
    return item[0]


def width(items: list[Item]) -> float:
    found = scored(items, mean, patient)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= (found.value or 0.0) <= found.high
    return found.high - found.low


def test_doubling_every_patient_tells_nothing_new() -> None:
    values = np.random.default_rng(1).normal(size=40)
    alone = [(f"p{n}", float(v)) for n, v in enumerate(values)]
    doubled = [item for item in alone for _ in range(2)]
    as_others = [(f"{name}{k}", v) for name, v in alone for k in range(2)]
    assert width(doubled) == pytest.approx(width(alone), rel=1e-6)
    assert width(as_others) < 0.85 * width(alone)


def test_the_interval_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(0.3, 1.0, 60)
        found = scored([(str(n), float(v)) for n, v in enumerate(values)], mean, patient)
        covered += (found.low or 0.0) <= 0.3 <= (found.high or 0.0)
    assert 51 <= covered <= 60


def test_nothing_gives_no_figure() -> None:
    found = scored([], mean, patient)
    assert (found.value, found.low, found.high, found.count) == (None, None, None, 0)


@pytest.mark.parametrize("passed", [True, False])
def test_all_or_none_of_a_few_is_no_certainty(passed: bool) -> None:
    items = [(f"p{n}", float(passed)) for n in range(12)]
    found = share(items, lambda item: item[1] > 0.5, patient)
    bound = found.low if passed else found.high
    assert bound == pytest.approx(0.735 if passed else 0.265, abs=0.002)  # Clopper-Pearson
