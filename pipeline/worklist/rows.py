"""One row for every study that went in, whatever became of it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.paths import CaseFolder
from pipeline.records.findings import Findings
from pipeline.records.manifest import IntakeStudy
from pipeline.records.report import ReportRecord
from pipeline.records.verdict import Verdict
from pipeline.records.worklist import WorklistRow
from pipeline.report.patient import Patient
from pipeline.report.worklist_texts import WorklistTexts
from pipeline.stage import read_outcome
from pipeline.worklist.verdicts import review_state


def worklist_row(
    folder: CaseFolder,
    study: IntakeStudy,
    patient: Patient | None,
    texts: WorklistTexts,
    said: Sequence[Verdict] = (),
) -> WorklistRow:
    """The row of one study, from its findings; without any it counts as failed.

    said: verdicts of readers on this study.
    """
    if not folder.findings.exists():
        row = _failed_row(study, texts.interrupted)
    else:
        row = _row(folder, study, texts)
    if said:
        readers = tuple(dict.fromkeys(verdict.reader for verdict in said))
        reviewed = {"review": review_state(folder, said), "reviewed_by": readers}
        row = row.model_copy(update=reviewed)
    if patient is None:
        return row
    return row.model_copy(
        update={
            "patient_name": patient.name,
            "patient_id": patient.patient_id,
            "study_date": patient.study_date,
        }
    )


def in_order(rows: list[WorklistRow]) -> tuple[WorklistRow, ...]:
    """Those that need a human first, then by priority, then by case."""
    return tuple(sorted(rows, key=lambda row: (row.priority or 0, row.case)))


def needs_a_human_first(row: WorklistRow) -> bool:
    """Whether there is no assessment that could give a priority."""
    return row.priority is None


def _row(folder: CaseFolder, study: IntakeStudy, texts: WorklistTexts) -> WorklistRow:
    try:
        findings = Findings.read(folder.findings)
    except (OSError, ValueError):
        return _failed_row(study, texts.findings_unreadable)
    row = WorklistRow(
        case=study.case,
        study_instance_uid=study.study_instance_uid,
        status=findings.status,
        reason=findings.reason,
        priority=findings.priority,
        leading=findings.impression.leading,
        side=findings.impression.side,
        degraded=findings.degraded,
        sentence=findings.impression.sentence,
        report_html=_if_there(folder, "report.html"),
        report_pdf=_if_there(folder, "report.pdf"),
        pdf_missing=_why_no_pdf(folder),
        thumbnail=_if_there(folder, folder.thumbnail.name),
    )
    return _unless_rendered(folder, row, texts)


def _failed_row(study: IntakeStudy, reason: str) -> WorklistRow:
    return WorklistRow(
        case=study.case,
        study_instance_uid=study.study_instance_uid,
        status="failed",
        reason=reason,
        priority=None,
        leading="cannot_say",
        side=None,
        degraded=(),
        sentence="",
        report_html=None,
        report_pdf=None,
    )


def _unless_rendered(folder: CaseFolder, row: WorklistRow, texts: WorklistTexts) -> WorklistRow:
    """A study without its page or its DICOM objects needs a human first.

    What was found stays in its sentence.
    """
    renderings = (("report", texts.page_missing), ("export", texts.objects_missing))
    for stage, text in renderings:
        outcome = read_outcome(folder, stage)
        if outcome is not None and outcome.state != "done":
            reason = text.format(reason=outcome.message or outcome.code)
            return row.model_copy(update={"status": "failed", "reason": reason, "priority": None})
    return row


def _if_there(folder: CaseFolder, name: str) -> str | None:
    path = folder.root / name
    return folder.output.relative(path) if path.exists() else None


def _why_no_pdf(folder: CaseFolder) -> str | None:
    try:
        return ReportRecord.read(folder.record("report")).pdf_missing
    except (OSError, ValueError):
        return None
