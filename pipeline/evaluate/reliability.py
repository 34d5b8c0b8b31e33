"""Do probabilities mean what they say, and does abstaining help: two curves over sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from pipeline.assess.calibration import posterior
from pipeline.bootstrap import Score, scored, share
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Record
from pipeline.records.findings import Answer, VesselContact

_EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Limits of the parts of the reliability curve: finer where answers are given."""
_COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
_LEAST_PROBABILITY = 0.001
"""Held this far from 0 and 1, or the log odds of one side would outweigh those of all others."""


@dataclass(frozen=True)
class Forecast:
    """What was said of vessel contact on one side, and what is true.

    probability: at the prevalence that was assumed; decisions and answers rest on it.
    """

    patient: str
    in_contact: bool
    answer: Answer
    probability: float
    likelihood_ratio: float

    def at(self, prevalence: float) -> float:
        """The probability among sides of which this share is in contact."""
        return round(posterior(prevalence, math.log(self.likelihood_ratio)), 9)


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

    prevalence: share of these sides that is in contact. What the measurements say is turned into
        probabilities at this prevalence, whatever was assumed in the findings, for the two
        figures and the curve below: said of other sides they could not come true.
    expected_calibration_error: mean distance between said and true, weighted by sides.
    slope: of the log odds of the truth over the log odds that were said: 1 where they fit, below
        where probabilities are too extreme, above where too timid (Cox 1958).
    risk_coverage: decided at one half, the surest sides first (distance from one half).
    wrong_if_all_answered, wrong_of_answered: decided at one half; and as the product answers.
    """

    prevalence: float | None = None
    expected_calibration_error: Score
    slope: Score
    curve: tuple[ReliabilityPart, ...]
    risk_coverage: tuple[RiskAtCoverage, ...]
    wrong_if_all_answered: Score
    wrong_of_answered: Score
    answered: Score


def contact_reliability(cases: Sequence[SideCase]) -> Reliability:
    """Over sides in contact and clear ones; intervals by patient."""
    return reliability(forecasts_of(cases))


def forecasts_of(cases: Sequence[SideCase]) -> list[Forecast]:
    """Of the sides in contact and the clear ones that were given a probability."""
    return [
        said
        for case in cases
        if (case.is_contact or case.is_clear)
        and case.found is not None
        and (said := forecast(case.found.vessel_contact, case.patient, in_contact=case.is_contact))
    ]


def forecast(found: VesselContact, patient: str, *, in_contact: bool) -> Forecast | None:
    """None where no probability was given."""
    if found.probability is None or found.likelihood_ratio is None:
        return None
    return Forecast(patient, in_contact, found.answer, found.probability, found.likelihood_ratio)


def reliability(known: Sequence[Forecast]) -> Reliability:
    """Over sides that are in contact or clear; intervals by patient."""
    answered = [one for one in known if one.answer != "cannot_say"]
    surest = sorted(known, key=lambda one: -abs(one.probability - 0.5))
    prevalence = float(np.mean([one.in_contact for one in known])) if known else None
    said = [(one, one.at(_held(prevalence))) for one in known] if prevalence is not None else []
    return Reliability(
        prevalence=None if prevalence is None else round(prevalence, 4),
        expected_calibration_error=_score(said, _calibration_error),
        slope=_score(said, _calibration_slope),
        curve=tuple(_part(said, low, high) for low, high in pairwise(_EDGES)),
        risk_coverage=tuple(
            RiskAtCoverage(
                coverage=coverage,
                wrong=_share(surest[: round(coverage * len(surest))], _is_wrong),
            )
            for coverage in _COVERAGES
        ),
        wrong_if_all_answered=_share(known, _is_wrong),
        wrong_of_answered=_share(answered, lambda one: (one.answer == "yes") != one.in_contact),
        answered=_share(known, lambda one: one.answer != "cannot_say"),
    )


Said = tuple[Forecast, float]
"""A side, and its probability at the prevalence of the set."""


def _held(probability: float) -> float:
    return min(max(probability, _LEAST_PROBABILITY), 1.0 - _LEAST_PROBABILITY)


def _is_wrong(one: Forecast) -> bool:
    return (one.probability >= 0.5) != one.in_contact


def _within(said: Sequence[Said], low: float, high: float) -> list[Said]:
    return [one for one in said if low <= one[1] < high or (high == _EDGES[-1] == one[1])]


def _part(said: Sequence[Said], low: float, high: float) -> ReliabilityPart:
    inside = _within(said, low, high)
    return ReliabilityPart(
        low=low,
        high=high,
        mean_probability=round(float(np.mean([p for _, p in inside])), 4) if inside else None,
        share_in_contact=share(inside, lambda one: one[0].in_contact, lambda one: one[0].patient),
    )


def _calibration_error(said: Sequence[Said]) -> float:
    distances = []
    for low, high in pairwise(_EDGES):
        inside = _within(said, low, high)
        if inside:
            expected = float(np.mean([p for _, p in inside]))
            true = float(np.mean([one.in_contact for one, _ in inside]))
            distances.append(len(inside) * abs(expected - true))
    return sum(distances) / len(said)


def _calibration_slope(said: Sequence[Said]) -> float | None:
    """None where the two kinds do not overlap: no finite slope fits them best."""
    from sklearn.linear_model import LogisticRegression

    probabilities = np.array([_held(p) for _, p in said])
    true = np.array([one.in_contact for one, _ in said])
    if true.all() or not true.any() or _apart(probabilities[true], probabilities[~true]):
        return None
    fitted = LogisticRegression(C=np.inf).fit(logit(probabilities)[:, None], true)
    return float(fitted.coef_[0, 0])


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(one.min() >= other.max() or other.min() >= one.max())


def _share(known: Sequence[Forecast], test: Callable[[Forecast], bool]) -> Score:
    return share(known, test, lambda one: one.patient)


def _score(said: Sequence[Said], statistic: Callable[[Sequence[Said]], float | None]) -> Score:
    return scored(said, statistic, lambda one: one[0].patient)
