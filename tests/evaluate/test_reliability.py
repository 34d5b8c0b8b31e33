"""Probabilities against outcomes whose relation is known exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.evaluate.known import KnownSide, KnownStudy
from pipeline.evaluate.pairing import SideCase, StudyPair
from pipeline.evaluate.reliability import Reliability, contact_reliability
from pipeline.paths import CaseFolder

from .outputs import contact, side_findings


def _reliability(groups: dict[float, tuple[int, int]]) -> Reliability:
    """Of so many sides in contact and clear ones with each probability, every side a patient."""
    cases = []
    for said, (contacts, clear) in groups.items():
        for touch in ["contact"] * contacts + ["clear"] * clear:
            truth = KnownSide(touch=touch)  # type: ignore[arg-type]
            study = KnownStudy(("t2",), 0.5, {"left": truth, "right": truth}, None)
            pair = StudyPair(study, CaseFolder(Path("out"), f"{len(cases):012x}"))
            found = side_findings(None, vessel_contact=contact("cannot_say", said))
            cases.append(SideCase(pair, "left", truth, truth, found))
    return contact_reliability(cases)


def test_probabilities_that_come_true_have_no_error_and_slope_1() -> None:
    found = _reliability({0.2: (10, 40), 0.5: (25, 25), 0.8: (40, 10)})
    assert found.expected_calibration_error.value == pytest.approx(0.0, abs=1e-9)
    assert found.slope.value == pytest.approx(1.0, abs=0.01)
    assert found.slope.low is not None
    assert found.slope.high is not None
    assert found.slope.low < 1.0 < found.slope.high


def test_probabilities_are_judged_at_the_prevalence_of_the_set() -> None:
    """Likelihood ratios of 1/4 and 4 among 90 contacts and 180 clear sides: odds of 1/8 and 2."""
    found = _reliability({0.2: (18, 144), 0.8: (72, 36)})
    assert found.prevalence == pytest.approx(1 / 3, abs=1e-4)
    assert found.expected_calibration_error.value == pytest.approx(0.0, abs=1e-3)
    assert found.slope.value == pytest.approx(1.0, abs=0.01)
    said = [part.mean_probability for part in found.curve if part.mean_probability is not None]
    assert said == [pytest.approx(1 / 9, abs=1e-3), pytest.approx(2 / 3, abs=1e-3)]
    assert found.wrong_if_all_answered.value == pytest.approx(54 / 270, abs=1e-4)


def test_too_extreme_probabilities_have_a_slope_below_1_and_timid_ones_above() -> None:
    """0.8 are odds of 4: where 2 come true the log odds are half as large, where 16 twice."""
    extreme = _reliability({0.2: (20, 40), 0.8: (40, 20)})
    timid = _reliability({0.2: (4, 64), 0.8: (64, 4)})
    assert extreme.slope.value == pytest.approx(0.5, abs=0.01)
    assert timid.slope.value == pytest.approx(2.0, abs=0.01)


def test_probabilities_that_run_the_wrong_way_have_a_negative_slope() -> None:
    assert _reliability({0.2: (40, 10), 0.8: (10, 40)}).slope.value == pytest.approx(-1.0, abs=0.01)


def test_certainty_weighs_no_more_than_one_in_a_thousand() -> None:
    certain = _reliability({0.0: (1, 99), 1.0: (99, 1)})
    nearly = _reliability({0.001: (1, 99), 0.999: (99, 1)})
    assert certain.slope.value == nearly.slope.value
    assert certain.slope.value is not None
    assert 0.5 < certain.slope.value < 1.0


@pytest.mark.parametrize(
    "groups",
    [
        {0.2: (0, 10), 0.8: (10, 0)},
        {0.2: (10, 0), 0.8: (0, 10)},
        {0.3: (10, 0), 0.6: (10, 0)},
        {0.3: (0, 10), 0.6: (0, 10)},
    ],
    ids=["apart", "apart the wrong way", "contacts only", "clear only"],
)
def test_no_slope_where_none_fits_best(groups: dict[float, tuple[int, int]]) -> None:
    assert _reliability(groups).slope.value is None
