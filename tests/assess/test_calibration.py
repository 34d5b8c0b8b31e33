"""Corrections, likelihood ratios, prevalence, and the file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import calibration as module
from pipeline.assess.calibration import (
    Calibration,
    Correction,
    LogisticModel,
    load_calibration,
    log_odds,
    posterior,
    released_calibration,
)
from pipeline.errors import UsageError

MODEL = LogisticModel(
    coefficients={"gap_mm": -4.0},
    intercept=1.0,
    prevalence_in_fit=0.25,
    positives=20,
    negatives=60,
    yes_from=1.0,
    no_up_to=-1.0,
    target_specificity=0.9,
    target_sensitivity=0.92,
)


def test_likelihood_ratio_is_posterior_over_prior_odds() -> None:
    gap = 0.3
    odds_in_fit = math.exp(1.0 - 4.0 * gap)
    expected = odds_in_fit / (0.25 / 0.75)
    assert math.exp(MODEL.log_likelihood_ratio({"gap_mm": gap})) == pytest.approx(expected)


def test_prevalence_of_the_fit_gives_back_its_probability() -> None:
    ratio = MODEL.log_likelihood_ratio({"gap_mm": 0.3})
    assert posterior(0.25, ratio) == pytest.approx(1 / (1 + math.exp(-(1.0 - 1.2))))


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(-4, 4))
def test_shift_of_prevalence_multiplies_the_odds(old: float, new: float, ratio: float) -> None:
    shift = log_odds(posterior(new, ratio)) - log_odds(posterior(old, ratio))
    assert shift == pytest.approx(log_odds(new) - log_odds(old), abs=1e-6)


def test_no_ratio_beyond_what_the_number_of_sides_can_show() -> None:
    assert math.exp(MODEL.log_likelihood_ratio({"gap_mm": -50.0})) == pytest.approx(61)
    assert math.exp(MODEL.log_likelihood_ratio({"gap_mm": 50.0})) == pytest.approx(1 / 21)


def test_correction_between_and_beyond_the_knots() -> None:
    correction = Correction(measured=(0.0, 0.2, 1.0), true=(0.0, 0.1, 0.9))
    assert correction.apply(0.1) == pytest.approx(0.05)
    assert correction.apply(0.6) == pytest.approx(0.5)
    assert correction.apply(3.0) == pytest.approx(2.9)
    assert correction.apply(0.0) == 0.0


def test_written_calibration_reads_back(calibration: Calibration, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    calibration.write(path)
    again, used = load_calibration(path)
    assert again == calibration
    assert used.name == "assessment"
    assert len(used.sha256) == 64


def test_missing_and_malformed_calibrations_say_what_to_do(tmp_path: Path) -> None:
    malformed = tmp_path / "malformed.json"
    malformed.write_text('{"schema_version": "1"}', encoding="utf-8")
    for path in (tmp_path / "missing.json", malformed):
        with pytest.raises(UsageError, match="nvc calibrate"):
            load_calibration(path)


def test_released_calibration_must_be_the_locked_one(
    calibration: Calibration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calibration.json"
    calibration.write(path)
    monkeypatch.setattr(module, "calibration_path", lambda: path)
    _, used = load_calibration(path)
    for digest, accepted in ((used.sha256, True), ("0" * 64, False)):
        lock = {"assessment/calibration.json": digest}
        monkeypatch.setattr("pipeline.segment.models.read_lock", lambda _models, lock=lock: lock)
        if accepted:
            assert released_calibration()[1] == used
        else:
            with pytest.raises(UsageError, match=r"models\.lock"):
                released_calibration()
