"""The shell of stage worklist: reads every study's findings, writes the three files."""

from __future__ import annotations

from pipeline.errors import UsageError
from pipeline.files import write_text_atomically
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake
from pipeline.records.worklist import Worklist
from pipeline.report.patient import patients
from pipeline.report.texts import load_texts
from pipeline.settings import Settings
from pipeline.worklist.page import worklist_html
from pipeline.worklist.rows import in_order, worklist_row
from pipeline.worklist.spreadsheet import csv_text
from pipeline.worklist.verdicts import agreement, read_verdicts


def run(output: OutputFolder, settings: Settings) -> Worklist:
    """Write worklist.json, .csv and .html over every study of intake.json.

    Raises UsageError where intake has not run.
    """
    if not output.intake.exists():
        raise UsageError("no intake.json in the output folder; run nvc intake first")
    worklist = gather(output, settings)
    worklist.write(output.worklist_json)
    write_text_atomically(output.worklist_csv, csv_text(worklist))
    write_text_atomically(output.worklist_html, worklist_html(worklist, load_texts()))
    return worklist


def gather(output: OutputFolder, settings: Settings) -> Worklist:
    """The worklist from what the stages left."""
    intake, known = Intake.read(output.intake), patients(output, settings)
    words, verdicts = load_texts().worklist, read_verdicts(output)
    rows = [
        worklist_row(
            output.case(study.case),
            study,
            known.get(study.case),
            words,
            verdicts.get(study.case, ()),
        )
        for study in intake.studies
    ]
    return Worklist(
        quarantined=len(intake.quarantined), studies=in_order(rows), agreement=agreement(verdicts)
    )
