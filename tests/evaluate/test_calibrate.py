"""Calibration from the records of an output folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.assess.calibration import load_calibration
from pipeline.errors import UsageError
from pipeline.evaluate import calibrate
from pipeline.paths import OutputFolder, case_of
from pipeline.phantom.truth import Truth
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Calibres
from pipeline.records.landmarks import Localisation, Segmentation, SideLandmarks
from pipeline.records.measurements import Measurements, SideMeasurements
from pipeline.records.volumes import Preparation, PreparedVolume

from ..assess.simulated import side_measurements, simulated_sides
from .outputs import REZ, side_truth, write_truth

IDENTITY = tuple(tuple(row) for row in np.eye(4).tolist())


@pytest.fixture
def studies(tmp_path: Path) -> tuple[Path, OutputFolder]:
    """Forty studies measured, not assessed: what a first calibration has to work from."""
    data, output = tmp_path / "data", OutputFolder(tmp_path / "out")
    simulated = simulated_sides(80)
    for number in range(40):
        pair = dict(zip(SIDES, simulated[2 * number : 2 * number + 2], strict=True))
        truth = write_truth(data, number, {side: one.truth for side, one in pair.items()})
        _write_records(truth, output, {side: one.measured for side, one in pair.items()})
    return data, output


def _write_records(
    truth: Truth, output: OutputFolder, measured: dict[Side, SideMeasurements]
) -> None:
    case = case_of(truth.study_instance_uid)
    folder = output.case(case)
    place = SideLandmarks(
        rez_lps_mm=REZ["left"], rez_confidence=1, porus_lps_mm=REZ["left"], porus_confidence=1
    )
    Segmentation(
        case=case,
        localisation=Localisation(case=case, sides=dict.fromkeys(SIDES, place), reasons={}),
        covered=dict.fromkeys(SIDES, ("t2", "tof")),
        models=(),
        device="cpu",
    ).write(folder.record("segment"))
    Measurements(
        case=case,
        sides=measured,
        calibres_mm=Calibres(VA_left=None, VA_right=None, BA=None),
        reference_snr=None,
    ).write(folder.record("measure"))
    Preparation(
        case=case,
        reference="t2",
        volumes={"t2": _volume(), "tof": _volume()},
        refused=(),
        degraded=(),
    ).write(folder.record("prepare"))


def _volume() -> PreparedVolume:
    return PreparedVolume(
        role="t2", series_instance_uid="1", file="t2", voxel_mm=(0.5, 0.5, 0.5),
        reference_to_volume_lps=IDENTITY, residual_mm=0, intensity_low=0, intensity_high=1,
    )  # fmt: skip


def test_calibrates_without_findings(studies: tuple[Path, OutputFolder], tmp_path: Path) -> None:
    data, output = studies
    destination = tmp_path / "calibration.json"
    fitted = calibrate(data, output, destination)
    assert load_calibration(destination)[0] == fitted
    assert (fitted.studies, fitted.sides) == (40, 80)
    assert fitted.validated.max_voxel_mm == 0.5
    assert fitted.gap.apply(0.9) == pytest.approx(0.8, abs=0.12)
    assert fitted.models["contact"].positives + fitted.models["contact"].negatives == 80


def test_sides_outside_the_slab_do_not_teach(
    studies: tuple[Path, OutputFolder], tmp_path: Path
) -> None:
    data, output = studies
    outside = {side: side_truth(side, 0.0, rez_in_slab=False) for side in SIDES}
    truth = write_truth(data, 90, outside)
    _write_records(truth, output, dict.fromkeys(SIDES, side_measurements()))
    fitted = calibrate(data, output, tmp_path / "calibration.json")
    assert (fitted.studies, fitted.sides) == (41, 80)


def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    data, output = tmp_path / "data", OutputFolder(tmp_path / "out")
    truth = write_truth(data, 1, {side: side_truth(side) for side in SIDES})
    output.case(case_of(truth.study_instance_uid)).work.mkdir(parents=True)
    with pytest.raises(UsageError, match="none of the calibration studies was measured"):
        calibrate(data, output, tmp_path / "calibration.json")
