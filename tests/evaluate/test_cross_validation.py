"""Forecasts of calibration sides come from fits that did not see their patients."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipeline.evaluate import cross_validation
from pipeline.evaluate.calibrate import CalibrationSide
from pipeline.evaluate.cross_validation import left_out_forecasts, pooled_reliability
from pipeline.evaluate.known import touch_of
from pipeline.paths import OutputFolder, case_of
from pipeline.records.base import SIDES

from ..assess.simulated import simulated_sides, truth
from .outputs import measured_contact, side_findings, side_truth, write_findings, write_truth

SIDES_MADE = 240
TRUTHS = {f"{number:012x}": truth(number) for number in range(SIDES_MADE // 2)}


def test_every_decided_side_is_forecast_once_by_a_fit_without_its_study(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides = simulated_sides(SIDES_MADE)
    fitted_on: list[set[str]] = []
    fit = cross_validation.fit_calibration

    def watched(used: list[CalibrationSide], truths: object) -> object:
        fitted_on.append({side.case for side in used})
        return fit(used, truths)  # type: ignore[arg-type]

    monkeypatch.setattr(cross_validation, "fit_calibration", watched)
    found = left_out_forecasts(sides, TRUTHS)
    decided = [side for side in sides if touch_of(side.truth.gap_mm) != "blurred"]
    assert Counter(one.patient for one in found) == Counter(side.case for side in decided)
    assert all(TRUTHS.keys() - used for used in fitted_on)
    left_out = [TRUTHS.keys() - used for used in fitted_on]
    assert Counter(case for part in left_out for case in part) == Counter(TRUTHS.keys())


def test_forecasts_follow_the_measurements_and_not_the_order_of_the_sides() -> None:
    sides = simulated_sides(SIDES_MADE)
    found = left_out_forecasts(sides, TRUTHS)
    again = left_out_forecasts(list(reversed(sides)), TRUTHS)
    assert sorted(map(repr, found)) == sorted(map(repr, again))
    contacts = [one.probability for one in found if one.in_contact]
    clear = [one.probability for one in found if not one.in_contact]
    assert sum(contacts) / len(contacts) > 0.7
    assert sum(clear) / len(clear) < 0.3


def test_reserved_studies_are_added_as_they_were_assessed(
    studies: tuple[Path, OutputFolder], tmp_path: Path
) -> None:
    data, output = tmp_path / "reserved", OutputFolder(tmp_path / "reserved_out")
    for number in range(5):
        known = write_truth(data, 500 + number, {side: side_truth(side, 0.0) for side in SIDES})
        said = measured_contact("yes", 0.9, 0.0, 0.2)
        found = side_findings(None, vessel_contact=said)
        write_findings(output, known, dict.fromkeys(SIDES, found))
        assert output.case(case_of(known.study_instance_uid)).findings.exists()
    pooled = pooled_reliability(studies, [(data, output)])
    assert pooled.reserved.slope.count == 10
    assert pooled.reserved.wrong_of_answered.value == 0.0
    left_out = pooled.left_out_of_fit.slope.count
    assert left_out >= 110
    assert pooled.all_sides.slope.count == left_out + 10
    assert pooled.studies == 65
    assert pooled.auc.value is not None
    assert pooled.auc.value > 0.9
