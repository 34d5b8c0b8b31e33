"""A worklist that tells how each study ended."""

from __future__ import annotations

from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.settings import Settings
from pipeline.stage import read_outcome


def run(output: OutputFolder, settings: Settings) -> Worklist:
    studies = Intake.read(output.intake).studies
    worklist = Worklist(studies=tuple(_row(output, study) for study in studies))
    output.worklist_csv.write_text("case\n", encoding="utf-8")
    output.worklist_html.write_text("<html></html>", encoding="utf-8")
    worklist.write(output.worklist_json)
    return worklist


def write_run_page(output: OutputFolder) -> None:
    (output.root / "run.html").write_text("<html></html>", encoding="utf-8")


def worklist_table(worklist: Worklist) -> str:
    return "\n".join(f"{row.case} {row.status} {row.reason}" for row in worklist.studies)


def _row(output: OutputFolder, study: IntakeStudy) -> WorklistRow:
    outcome = read_outcome(output.case(study.case), "measure")
    assert outcome is not None
    return WorklistRow(
        case=study.case,
        study_instance_uid=study.study_instance_uid,
        status="assessed" if outcome.state == "done" else outcome.state,
        reason=outcome.message,
        priority=None,
        leading="cannot_say",
        side=None,
        degraded=(),
        sentence="",
        report_html=None,
        report_pdf=None,
    )
