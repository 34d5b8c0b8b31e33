"""Fitting the logistic model of a finding and the thresholds of its answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.assess.calibration import Finding, LogisticModel
from pipeline.assess.features import EXPECTED_SIGNS
from pipeline.errors import UsageError

Features = dict[str, float]
MIN_SIDES = 10
"""Of either kind; with fewer no threshold can be read off."""
_LEAST_SHOWN = 0.8
"""Share of the sides with a lesion on which something must be found before "nothing found" may
be answered no: the sensitivity below which the product makes no claim."""

_LEAST_EVIDENCE = float(np.log(2.0))
"""A contact, which is as frequent as its absence, is answered yes only where the measurements make
it at least twice as likely, and no only where half as likely: a "no" beside an even chance is none.
Rare lesions are flagged by their targets alone."""


def fit_logistic(
    finding: Finding,
    features: Sequence[Features],
    present: Sequence[bool],
    *,
    specificity: float,
    sensitivity: float,
) -> LogisticModel:
    """Model and thresholds of a finding.

    The answer is yes where at least `specificity` of the sides without the finding score lower,
    and no where at least `sensitivity` of the sides with it score higher; of a contact besides
    only where the measurements double or halve its odds. Raises UsageError
    where either kind has fewer than 10 sides.
    """
    truth = np.asarray(present, dtype=bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if min(positives, negatives) < MIN_SIDES:
        raise UsageError(
            f"{finding}: {positives} sides with and {negatives} without it are too few to "
            f"calibrate (at least {MIN_SIDES} of each); generate more calibration studies"
        )
    coefficients, intercept = _sensible_fit(features, truth)
    model = LogisticModel(
        coefficients=coefficients,
        intercept=intercept,
        prevalence_in_fit=positives / len(truth),
        positives=positives,
        negatives=negatives,
        yes_from=0.0,
        no_up_to=0.0,
        target_specificity=specificity,
        target_sensitivity=sensitivity,
    )
    scores = np.array([model.log_likelihood_ratio(one) for one in features])
    nothing_found = model.log_likelihood_ratio(dict.fromkeys(coefficients, 0.0))
    floor = None if finding == "contact" else nothing_found
    yes_from, no_up_to = _thresholds(scores[truth], scores[~truth], specificity, sensitivity, floor)
    if finding == "contact":
        yes_from, no_up_to = max(yes_from, _LEAST_EVIDENCE), min(no_up_to, -_LEAST_EVIDENCE)
    return model.model_copy(update={"yes_from": yes_from, "no_up_to": no_up_to})


def _sensible_fit(
    features: Sequence[Features], truth: NDArray[np.bool_]
) -> tuple[dict[str, float], float]:
    """Coefficients in the features' own units, without those that vary not or go wrong."""
    names = [n for n in features[0] if np.ptp([one[n] for one in features]) > 1e-9]
    while True:
        coefficients, intercept = _fit(features, truth, names)
        wrong = [n for n, c in coefficients.items() if c * EXPECTED_SIGNS[n] < 0]
        if not wrong:
            return coefficients, intercept
        names.remove(max(wrong, key=lambda name: abs(coefficients[name]) * _scale(features, name)))


def _fit(
    features: Sequence[Features], truth: NDArray[np.bool_], names: Sequence[str]
) -> tuple[dict[str, float], float]:
    if not names:
        share = float(truth.mean())
        return {}, float(np.log(share / (1 - share)))
    table = np.array([[one[name] for name in names] for one in features])
    centre, scale = table.mean(axis=0), table.std(axis=0)
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit((table - centre) / scale, truth)
    slopes = fitted.coef_[0] / scale
    intercept = float(fitted.intercept_[0] - (slopes * centre).sum())
    return {n: round(float(c), 6) for n, c in zip(names, slopes, strict=True)}, round(intercept, 6)


def _scale(features: Sequence[Features], name: str) -> float:
    return float(np.std([one[name] for one in features]))


def _thresholds(
    with_finding: NDArray[np.float64],
    without: NDArray[np.float64],
    specificity: float,
    sensitivity: float,
    nothing_found: float | None,
) -> tuple[float, float]:
    """(yes from, no up to), in log likelihood ratios, the first never below the second.

    nothing_found: score of a side where nothing was measured. It is answered no where most
    sides with the finding show something; otherwise absence tells nothing, and no score is low
    enough for a no.
    """
    no_up_to = float(np.quantile(with_finding, 1.0 - sensitivity, method="lower"))
    limit = float(np.quantile(without, specificity, method="higher"))
    above = np.concatenate([with_finding, without])
    above = above[above > limit]
    yes_from = 0.5 * (limit + float(above.min())) if len(above) else limit + 1.0
    if no_up_to >= yes_from:  # well apart: one threshold between the two kinds
        yes_from = no_up_to = 0.5 * (limit + no_up_to)
        no_up_to = float(np.nextafter(no_up_to, -np.inf))
    if nothing_found is not None:
        shown = float(np.mean(with_finding > nothing_found))
        lowest = min(float(with_finding.min()), float(without.min()), nothing_found)
        no_up_to = max(no_up_to, nothing_found) if shown >= _LEAST_SHOWN else lowest - 1.0
        yes_from = max(yes_from, float(np.nextafter(max(no_up_to, nothing_found), np.inf)))
    return yes_from, no_up_to
