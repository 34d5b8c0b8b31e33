"""findings.json for every study, whatever happened before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.assess import run, stage
from pipeline.assess.study import Yardstick
from pipeline.errors import UsageError
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import SIDES
from pipeline.records.clinical import ClinicalNote
from pipeline.records.findings import Calibres, Findings
from pipeline.records.landmarks import Localisation, ModelUsed, Segmentation, SideLandmarks
from pipeline.records.manifest import StudyManifest
from pipeline.records.measurements import Measurements
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Preparation, PreparedVolume
from pipeline.settings import load_settings

from . import simulated

IDENTITY = tuple(tuple(row) for row in np.eye(4).tolist())
NETWORK = ModelUsed(name="cpa_segmenter", version="1", sha256="1" * 64)


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path)


@pytest.fixture
def calibrated(monkeypatch: pytest.MonkeyPatch, yardstick: Yardstick) -> None:
    released = (yardstick.calibration, yardstick.used)
    monkeypatch.setattr(stage, "released_calibration", lambda: released)


def _study(output: OutputFolder, case: str, outcome: Outcome) -> CaseFolder:
    folder = output.case(case)
    StudyManifest(case=case, study_instance_uid=f"1.2.{case}", series=(), digest="d").write(
        folder.manifest
    )
    outcome.write(folder.outcome("measure"))
    return folder


def _measured_study(output: OutputFolder, case: str, *, tof: bool = True) -> CaseFolder:
    folder = _study(output, case, Outcome(stage="measure", state="done", key="k"))
    roles = ("t2", "tof") if tof else ("t2",)
    Preparation(
        case=case,
        reference="t2",
        volumes={role: _volume(role) for role in roles},  # type: ignore[misc]
        refused=(),
        degraded=() if tof else ("no_tof",),
    ).write(folder.record("prepare"))
    place = SideLandmarks(
        rez_lps_mm=(12.0, 0.0, 0.0),
        rez_confidence=0.9,
        porus_lps_mm=(22.0, 0.0, 0.0),
        porus_confidence=0.9,
    )
    Segmentation(
        case=case,
        localisation=Localisation(case=case, sides={"left": place, "right": place}, reasons={}),
        covered=dict.fromkeys(SIDES, tuple(roles)),
        models=(NETWORK,),
        device="cpu",
    ).write(folder.record("segment"))
    Measurements(
        case=case,
        sides={
            "left": simulated.side_measurements(contact=simulated.contact_measurement(0.05)),
            "right": simulated.side_measurements(contact=simulated.contact_measurement(2.5)),
        },
        calibres_mm=Calibres(VA_left=None, VA_right=None, BA=None),
        reference_snr=None,
    ).write(folder.record("measure"))
    return folder


def _volume(role: str) -> PreparedVolume:
    return PreparedVolume(
        role=role,  # type: ignore[arg-type]
        series_instance_uid=f"1.3.{role}",
        file=f"{role}.nii.gz",
        voxel_mm=(0.5, 0.5, 0.5),
        reference_to_volume_lps=IDENTITY,  # type: ignore[arg-type]
        residual_mm=0.1,
        intensity_low=0.0,
        intensity_high=1.0,
    )


@pytest.mark.usefixtures("calibrated")
def test_assessed_study(output: OutputFolder) -> None:
    folder = _measured_study(output, "aa")
    (outcome,) = run(output, ["aa"], load_settings())
    assert outcome.state == "done", outcome.message
    findings = Findings.read(folder.findings)
    assert (findings.status, findings.priority) == ("assessed", 3)
    assert (findings.impression.leading, findings.impression.side) == ("vessel_contact", "left")
    assert findings.sides["left"].vessel_contact.answer == "yes"
    assert findings.sides["right"].vessel_contact.answer == "no"
    assert findings.side_difference is not None
    assert findings.side_difference < -2.0
    assert [model.name for model in findings.models] == ["cpa_segmenter", "assessment"]
    assert findings.sequences["t1c"] is None
    assert findings.sequences["tof"] is not None
    assert findings.study_instance_uid == "1.2.aa"
    assert "synthetic" in findings.evidence.statement
    assert findings.evidence.file == "models/assessment/calibration.json"


@pytest.mark.usefixtures("calibrated")
def test_without_tof_nothing_is_called_clear(output: OutputFolder) -> None:
    folder = _measured_study(output, "ab", tof=False)
    measured = Measurements.read(folder.record("measure"))
    clear = measured.sides["right"]
    measured.model_copy(update={"sides": {"left": clear, "right": clear}}).write(
        folder.record("measure")
    )
    run(output, ["ab"], load_settings())
    findings = Findings.read(folder.findings)
    assert findings.impression.leading == "cannot_say"
    assert findings.degraded == ("no_tof",)
    assert findings.sides["left"].assessability.status == "degraded"
    assert "angiography" in findings.impression.sentence


@pytest.mark.usefixtures("calibrated")
def test_an_angiogram_that_lies_elsewhere_rules_no_aneurysm_out(output: OutputFolder) -> None:
    folder = _measured_study(output, "ad")
    segmentation = Segmentation.read(folder.record("segment"))
    covered = {"left": ("t2", "tof"), "right": ("t2",)}
    segmentation.model_copy(update={"covered": covered}).write(folder.record("segment"))
    run(output, ["ad"], load_settings())
    findings = Findings.read(folder.findings)
    assert findings.degraded == ("tof_elsewhere",)
    assert findings.sides["left"].aneurysm.answer == "no"
    right = findings.sides["right"]
    assert (right.aneurysm.answer, right.aneurysm.reasons) == ("cannot_say", ("no_tof",))
    assert right.vessel_contact.answer == "no"
    assert right.assessability.reasons == ("no_tof",)


@pytest.mark.usefixtures("calibrated")
def test_the_affected_side_is_taken_over_and_changes_nothing_else(output: OutputFolder) -> None:
    folder = _measured_study(output, "ac")
    run(output, ["ac"], load_settings())
    without = Findings.read(folder.findings)

    for side in ("right", "left"):
        ClinicalNote(affected_side=side).write(folder.clinical)
        run(output, ["ac"], load_settings())
        findings = Findings.read(folder.findings)
        assert findings == without.model_copy(update={"affected_side": side})

    folder.clinical.unlink()
    run(output, ["ac"], load_settings())
    assert Findings.read(folder.findings) == without


@pytest.mark.parametrize("state", ["not_assessable", "failed"])
def test_ended_studies_get_their_reason_and_nothing_else(output: OutputFolder, state: str) -> None:
    ended = Outcome(
        stage="convert",
        state=state,  # type: ignore[arg-type]
        key="k",
        code="x",
        message="no slices of 1 mm or less",
    )
    folder = _study(output, "ac", ended)
    run(output, ["ac"], load_settings())
    findings = Findings.read(folder.findings)
    assert findings.status == state
    assert findings.reason == "no slices of 1 mm or less"
    assert findings.priority is None
    assert findings.impression.leading == "cannot_say"
    assert "no slices of 1 mm or less" in findings.impression.sentence
    assert findings.models == ()
    for side in findings.sides.values():
        assert side.assessability.status == "not_assessable"
        assert side.vessel_contact.probability is None
        assert side.rez_lps_mm is None


@pytest.mark.usefixtures("calibrated")
def test_a_study_that_fails_here_still_gets_findings(output: OutputFolder) -> None:
    folder = _measured_study(output, "ad")
    folder.record("segment").unlink()
    (outcome,) = run(output, ["ad"], load_settings())
    assert outcome.state == "failed"
    findings = Findings.read(folder.findings)
    assert findings.status == "failed"
    assert "internal error" in (findings.reason or "")


def test_no_calibration_is_wrong_use_not_a_failed_study(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _measured_study(output, "ae")
    missing = tmp_path / "nowhere.json"
    monkeypatch.setattr("pipeline.assess.calibration.calibration_path", lambda: missing)
    with pytest.raises(UsageError, match="nvc calibrate"):
        run(output, ["ae"], load_settings())
