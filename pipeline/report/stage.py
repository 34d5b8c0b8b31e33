"""The shell of stage report: reads the record and the volumes, writes page, PDF and pictures."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import StudyFailedError
from pipeline.files import atomic_path, write_text_atomically
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.outcome import Outcome
from pipeline.records.report import ReportRecord
from pipeline.report.patient import Patient, patients
from pipeline.report.wording import Wording, load_wording
from pipeline.settings import Settings
from pipeline.stage import run_stage

log = logging.getLogger("nvc")

if TYPE_CHECKING:
    from pipeline.report.page import Page
    from pipeline.report.pictures import Picture


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    """Write a page for every case, whatever became of it."""
    known, wording = patients(output, settings), load_wording()

    def work(folder: CaseFolder) -> Sequence[Path]:
        return write_report(folder, known, wording)

    return run_stage(
        "report",
        "assess",
        output,
        cases,
        settings,
        work,
        every_case=True,
        retry_failed=retry_failed,
    )


def write_report(
    folder: CaseFolder, known: Mapping[str, Patient], wording: Wording
) -> Sequence[Path]:
    """All files of one case; returns their paths."""
    from pipeline.report.figures import figure
    from pipeline.report.page import build_page
    from pipeline.report.pictures import pictures
    from pipeline.report.render import page_html
    from pipeline.report.study_images import study_images

    findings, texts = _findings(folder), wording.texts
    drawn = pictures(findings, study_images(folder, findings), texts.picture.image)
    figures = [figure(picture, texts) for picture in drawn]
    page = build_page(findings, figures, known.get(folder.case), wording)
    files = [_write_picture(folder, picture) for picture in drawn]
    files += _write_pdf(folder, page, wording)
    write_text_atomically(folder.report_html, page_html(page))
    record = ReportRecord(
        case=folder.case,
        key_images=tuple(path.relative_to(folder.root).as_posix() for path in files[: len(drawn)]),
        pdf_missing=None if folder.report_pdf in files else texts.pdf.libraries_missing,
    )
    record.write(folder.record("report"))
    return [*files, folder.report_html, folder.record("report")]


def _findings(folder: CaseFolder) -> Findings:
    try:
        return Findings.read(folder.findings)
    except (OSError, ValueError):
        raise StudyFailedError(
            "no_findings",
            "findings.json is missing or cannot be read; run nvc assess again",
            deterministic=False,
        ) from None


def _write_picture(folder: CaseFolder, picture: Picture) -> Path:
    path = folder.key_image(picture.name)
    with atomic_path(path) as unfinished:
        picture.layers.flat().save(unfinished)
    return path


def _write_pdf(folder: CaseFolder, page: Page, wording: Wording) -> list[Path]:
    """The PDF's path; nothing where the machine cannot draw one."""
    from pipeline.report.pdf import PdfLibrariesMissingError, write_pdf
    from pipeline.report.render import print_html

    try:
        write_pdf(partial(print_html, page), folder.report_pdf)
    except PdfLibrariesMissingError:
        folder.report_pdf.unlink(missing_ok=True)
        message = wording.texts.pdf.libraries_missing
        log.warning("report %s: %s", folder.case, message)
        return []
    return [folder.report_pdf]
