"""The shell of stage report: reads the record and the volumes, writes page, PDF and pictures."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import atomic_path, write_text_atomically
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.outcome import Outcome
from pipeline.records.report import ReportRecord
from pipeline.report.patient import Patient, patients
from pipeline.report.wording import Wording, load_wording
from pipeline.settings import Settings
from pipeline.stage import read_findings, run_stage

log = logging.getLogger("nvc")

if TYPE_CHECKING:
    from pipeline.report.drawing import Layers
    from pipeline.report.drawn import Drawn
    from pipeline.report.page import Page


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
    from pipeline.report.drawn import draw
    from pipeline.report.render import page_html
    from pipeline.report.study_images import study_images

    findings, texts = read_findings(folder), wording.texts
    drawn = draw(findings, study_images(folder), texts)
    page = _page(folder, findings, drawn, known.get(folder.case), wording)
    files = [_write_picture(folder, name, layers) for name, layers in drawn.files()]
    files += _write_thumbnail(folder, drawn, findings)
    files += _write_pdf(folder, page, wording)
    write_text_atomically(folder.report_html, page_html(page, wording))
    record = ReportRecord(
        case=folder.case,
        key_images=tuple(f"key_images/{picture.name}.png" for picture in drawn.key),
        pdf_missing=None if folder.report_pdf in files else texts.pdf.libraries_missing,
    )
    record.write(folder.record("report"))
    return [*files, folder.report_html, folder.record("report")]


def _page(
    folder: CaseFolder,
    findings: Findings,
    drawn: Drawn,
    patient: Patient | None,
    wording: Wording,
) -> Page:
    from pipeline.report.page import build_page
    from pipeline.report.viewer import viewer

    look = viewer(findings, drawn.images, wording.texts)
    checksum = hashlib.sha256(folder.findings.read_bytes()).hexdigest()
    return build_page(findings, drawn.figures(wording.texts), patient, wording, look, checksum)


def _write_picture(folder: CaseFolder, name: str, layers: Layers) -> Path:
    path = folder.key_image(name)
    with atomic_path(path) as unfinished:
        layers.flat().save(unfinished, "PNG")
    return path


def _write_thumbnail(folder: CaseFolder, drawn: Drawn, findings: Findings) -> list[Path]:
    from pipeline.report.thumbnail import thumbnail

    picture = thumbnail(drawn.key, findings)
    if picture is None:
        return []
    with atomic_path(folder.thumbnail) as unfinished:
        picture.save(unfinished, "JPEG", quality=80)
    return [folder.thumbnail]


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
