"""Do probabilities mean what they say, and does abstaining help: two curves over sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from pipeline.bootstrap import Score, scored, share
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Record

_EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Limits of the parts of the reliability curve: finer where answers are given."""
_COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
_LEAST_PROBABILITY = 0.001
"""Held this far from 0 and 1, or the log odds of one side would outweigh those of all others."""


class ReliabilityPart(Record):
    """Sides with probabilities from `low` up to `high`: what was said and what was true."""

    low: float
    high: float
    mean_probability: float | None
    share_in_contact: Score


class RiskAtCoverage(Record):
    """Share of wrong decisions among the surest sides. coverage: how large a share these are."""

    coverage: float
    wrong: Score


class Reliability(Record):
    """Of the probability of vessel contact, over sides that have one; blurred gaps left out.

    expected_calibration_error: mean distance between said and true, weighted by sides.
    slope: of the log odds of the truth over the log odds that were said: 1 where they fit, below
        where probabilities are too extreme, above where too timid (Cox 1958).
    risk_coverage: decided at one half, the surest sides first (distance from one half).
    wrong_if_all_answered, wrong_of_answered: decided at one half; and as the product answers.
    """

    expected_calibration_error: Score
    slope: Score
    curve: tuple[ReliabilityPart, ...]
    risk_coverage: tuple[RiskAtCoverage, ...]
    wrong_if_all_answered: Score
    wrong_of_answered: Score
    answered: Score


def contact_reliability(cases: Sequence[SideCase]) -> Reliability:
    """Over sides in contact and clear ones; intervals by patient."""
    known = [c for c in cases if (c.is_contact or c.is_clear) and _probability(c) is not None]
    answered = [case for case in known if _answer(case) != "cannot_say"]
    surest = sorted(known, key=lambda case: -abs(_said(case) - 0.5))
    return Reliability(
        expected_calibration_error=_score(known, _calibration_error),
        slope=_score(known, _calibration_slope),
        curve=tuple(_part(known, low, high) for low, high in pairwise(_EDGES)),
        risk_coverage=tuple(
            RiskAtCoverage(
                coverage=coverage,
                wrong=_share(surest[: round(coverage * len(surest))], _is_wrong),
            )
            for coverage in _COVERAGES
        ),
        wrong_if_all_answered=_share(known, _is_wrong),
        wrong_of_answered=_share(answered, lambda c: (_answer(c) == "yes") != c.is_contact),
        answered=_share(known, lambda case: _answer(case) != "cannot_say"),
    )


def _probability(case: SideCase) -> float | None:
    return case.found.vessel_contact.probability if case.found else None


def _said(case: SideCase) -> float:
    probability = _probability(case)
    return 0.5 if probability is None else probability


def _answer(case: SideCase) -> str:
    return case.found.vessel_contact.answer if case.found else "cannot_say"


def _is_wrong(case: SideCase) -> bool:
    return (_said(case) >= 0.5) != case.is_contact


def _within(cases: Sequence[SideCase], low: float, high: float) -> list[SideCase]:
    return [c for c in cases if low <= _said(c) < high or (high == _EDGES[-1] == _said(c))]


def _part(cases: Sequence[SideCase], low: float, high: float) -> ReliabilityPart:
    inside = _within(cases, low, high)
    return ReliabilityPart(
        low=low,
        high=high,
        mean_probability=round(float(np.mean([_said(c) for c in inside])), 4) if inside else None,
        share_in_contact=_share(inside, lambda case: case.is_contact),
    )


def _calibration_error(cases: Sequence[SideCase]) -> float:
    distances = []
    for low, high in pairwise(_EDGES):
        inside = _within(cases, low, high)
        if inside:
            said = float(np.mean([_said(c) for c in inside]))
            true = float(np.mean([c.is_contact for c in inside]))
            distances.append(len(inside) * abs(said - true))
    return sum(distances) / len(cases)


def _calibration_slope(cases: Sequence[SideCase]) -> float | None:
    """None where the two kinds do not overlap: no finite slope fits them best."""
    from sklearn.linear_model import LogisticRegression

    said = np.clip([_said(c) for c in cases], _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    true = np.array([c.is_contact for c in cases])
    if true.all() or not true.any() or _apart(said[true], said[~true]):
        return None
    fitted = LogisticRegression(C=np.inf).fit(logit(said)[:, None], true)
    return float(fitted.coef_[0, 0])


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(one.min() >= other.max() or other.min() >= one.max())


def _share(cases: Sequence[SideCase], test: Callable[[SideCase], bool]) -> Score:
    return share(cases, test, lambda case: case.patient)


def _score(
    cases: Sequence[SideCase], statistic: Callable[[Sequence[SideCase]], float | None]
) -> Score:
    return scored(cases, statistic, lambda case: case.patient)
