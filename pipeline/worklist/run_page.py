"""`run.html`: with what, how long and how well the studies were worked on, from `run.json`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import write_text_atomically
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake
from pipeline.records.run import RunRecord
from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.report.render import environment
from pipeline.report.texts import ReportTexts, load_texts

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class RefusedSeries:
    """A series that was not used, and why."""

    case: str
    instances: int
    reason: str


def write_run_page(output: OutputFolder) -> None:
    """Write the page from run.json, intake.json and worklist.json, which have to exist."""
    html = run_html(
        RunRecord.read(output.run),
        Intake.read(output.intake),
        Worklist.read(output.worklist_json),
        load_texts(),
    )
    write_text_atomically(output.run_html, html)


def run_html(run: RunRecord, intake: Intake, worklist: Worklist, texts: ReportTexts) -> str:
    """The page."""
    template = environment(_TEMPLATES).get_template("run.html.j2")
    return template.render(
        run=run,
        unusable=Counter(file.reason for file in intake.quarantined).most_common(),
        refused=refused_series(intake),
        unassessed=unassessed(worklist),
        without_pdf=[row for row in worklist.studies if row.pdf_missing],
        texts=texts,
        words=texts.run,
    )


def refused_series(intake: Intake) -> list[RefusedSeries]:
    """Series that play no role, or cannot serve in the one they have."""
    return [
        RefusedSeries(study.case, series.instances, series.reason)
        for study in intake.studies
        for series in study.series
        if series.role == "other" or series.refusal is not None
    ]


def unassessed(worklist: Worklist) -> list[WorklistRow]:
    """Studies that failed or could not be assessed."""
    return [row for row in worklist.studies if row.status != "assessed"]
