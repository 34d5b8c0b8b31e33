"""The page about the run says what run.json, intake.json and the worklist say."""

from __future__ import annotations

from pathlib import Path

from pipeline import worklist
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake, IntakeSeries, QuarantinedFile
from pipeline.records.run import RunRecord
from pipeline.runrecord import write_run_record
from pipeline.settings import load_settings
from pipeline.worklist.run_page import write_run_page

from ..report.builders import findings, unassessed
from ..report.pages import read_html
from .test_worklist import ATTACK, add


def series(role: str, reason: str, refusal: str | None = None) -> IntakeSeries:
    return IntakeSeries(
        series_instance_uid="1.9",
        role=role,
        reason=reason,
        instances=28,
        description="not shown",
        refusal=refusal,
    )


def test_failures_refusals_versions_and_times_are_told(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path / "out")
    add(output, "1.2.3", findings())
    failed = add(output, "1.2.4", unassessed("failed", ATTACK))
    intake = Intake.read(output.intake)
    refused = (series("t2", "fine"), series("other", "a localizer"), series("t2", "x", "too_thick"))
    studies = tuple(study.model_copy(update={"series": refused}) for study in intake.studies)
    unread = tuple(QuarantinedFile(file=str(n), reason="not a DICOM file") for n in range(7))
    intake.model_copy(update={"studies": studies, "quarantined": unread}).write(output.intake)
    settings = load_settings()
    worklist.run(output, settings)
    write_run_record(output, settings)

    write_run_page(output)

    html = output.run_html.read_text("utf-8")
    text, run = read_html(html).text, RunRecord.read(output.run)
    for said in (
        failed,
        ATTACK,
        "7 not a DICOM file",
        "a localizer",
        f"of these not usable: {run.quarantined}",
        run.product.version,
        run.machine.python,
        *(f"{name} {version}" for name, version in run.packages.items()),
    ):
        assert said in text
    assert "fine" not in text
    assert "not shown" not in text
    assert "<script" not in html
    assert str(output.root) not in html


def test_a_run_without_trouble_says_so(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path / "out")
    add(output, "1.2.3", findings())
    settings = load_settings()
    worklist.run(output, settings)
    write_run_record(output, settings)

    write_run_page(output)

    text = read_html(output.run_html.read_text("utf-8")).text
    assert "Every study was assessed." in text
    assert "Every series had a role." in text
