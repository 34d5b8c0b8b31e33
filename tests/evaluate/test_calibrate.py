"""Calibration from the records of an output folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.assess.calibration import load_calibration
from pipeline.errors import UsageError
from pipeline.evaluate import calibrate
from pipeline.paths import OutputFolder, case_of
from pipeline.records.base import SIDES

from ..assess.simulated import side_measurements
from .outputs import side_truth, write_measured, write_truth


def test_calibrates_without_findings(studies: tuple[Path, OutputFolder], tmp_path: Path) -> None:
    data, output = studies
    destination = tmp_path / "calibration.json"
    fitted = calibrate(data, output, destination)
    assert load_calibration(destination)[0] == fitted
    assert (fitted.studies, fitted.sides) == (60, 120)
    assert fitted.validated.max_voxel_mm == 0.5
    assert fitted.gap.apply(0.9) == pytest.approx(0.8, abs=0.12)
    assert fitted.models["contact"].positives + fitted.models["contact"].negatives == 120


def test_sides_outside_the_slab_do_not_teach(
    studies: tuple[Path, OutputFolder], tmp_path: Path
) -> None:
    data, output = studies
    outside = {side: side_truth(side, 0.0, rez_in_slab=False) for side in SIDES}
    truth = write_truth(data, 90, outside)
    write_measured(truth, output, dict.fromkeys(SIDES, side_measurements()))
    fitted = calibrate(data, output, tmp_path / "calibration.json")
    assert (fitted.studies, fitted.sides) == (61, 120)


def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    data, output = tmp_path / "data", OutputFolder(tmp_path / "out")
    truth = write_truth(data, 1, {side: side_truth(side) for side in SIDES})
    output.case(case_of(truth.study_instance_uid)).work.mkdir(parents=True)
    with pytest.raises(UsageError, match="none of the calibration studies was measured"):
        calibrate(data, output, tmp_path / "calibration.json")
