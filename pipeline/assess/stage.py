"""The shell of stage assess: writes `findings.json` for every study, whatever happened before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pipeline.assess.accuracy import released_accuracy
from pipeline.assess.calibration import released_calibration
from pipeline.assess.sentences import load_sentences
from pipeline.assess.study import StudyRecords, Yardstick, assess_study
from pipeline.assess.unassessed import unassessed_findings
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.clinical import ClinicalNote
from pipeline.records.findings import Findings
from pipeline.records.landmarks import Segmentation
from pipeline.records.manifest import StudyManifest
from pipeline.records.measurements import Measurements
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Preparation
from pipeline.settings import Settings
from pipeline.stage import read_outcome, run_stage


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    """Assess every case; studies that ended earlier get findings with their reason.

    Raises UsageError where a study was measured and there is no valid calibration.
    """

    @cache
    def yardstick() -> Yardstick:
        calibration, used = released_calibration()
        return Yardstick(calibration, used, settings.assess, load_sentences(), released_accuracy())

    def work(folder: CaseFolder) -> Sequence[Path]:
        earlier = read_outcome(folder, "measure")
        if earlier is None or earlier.state == "done":
            _with_side(folder, assess_study(_records(folder), yardstick())).write(folder.findings)
        else:
            _write_unassessed(folder, earlier)
        return [folder.findings]

    if any(_measured(output.case(case)) for case in cases):
        yardstick()
    outcomes = run_stage(
        "assess",
        "measure",
        output,
        cases,
        settings,
        work,
        every_case=True,
        retry_failed=retry_failed,
    )
    for case, outcome in zip(cases, outcomes, strict=True):
        if outcome.state != "done":
            _write_unassessed(output.case(case), outcome)
    return outcomes


def _measured(folder: CaseFolder) -> bool:
    outcome = read_outcome(folder, "measure")
    return outcome is not None and outcome.state == "done"


def _records(folder: CaseFolder) -> StudyRecords:
    return StudyRecords(
        StudyManifest.read(folder.manifest).study_instance_uid,
        Preparation.read(folder.record("prepare")),
        Segmentation.read(folder.record("segment")),
        Measurements.read(folder.record("measure")),
    )


def _write_unassessed(folder: CaseFolder, outcome: Outcome) -> None:
    uid = StudyManifest.read(folder.manifest).study_instance_uid
    findings = unassessed_findings(folder.case, uid, outcome, load_sentences())
    _with_side(folder, findings).write(folder.findings)


def _with_side(folder: CaseFolder, findings: Findings) -> Findings:
    """With the affected side where it was given. Nothing that was measured knows of it."""
    if not folder.clinical.exists():
        return findings
    note = ClinicalNote.read(folder.clinical)
    return findings.model_copy(update={"affected_side": note.affected_side})
