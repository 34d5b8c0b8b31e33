"""Every number of page, PDF, table and DICOM objects is the one in findings.json, in the files."""

from __future__ import annotations

import csv
import io
import re

import pytest

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.report.texts import load_texts

from ..export.said import assert_pictures_are_the_record, assert_report_is_the_record
from ..report.pages import read_html
from ..report.test_page import assert_rounded, numbers_outside_the_record, texts

MEASURE = re.compile(r"\d+(?:\.\d+)? (?:mm|%)")


def exported(output: OutputFolder, cases: dict[str, Findings]) -> dict[str, Findings]:
    """Studies with DICOM objects; an invented output has none, tests/export looks at those."""
    found = {
        case: one for case, one in cases.items() if output.case(case).record("export").exists()
    }
    if not found:
        pytest.skip("no DICOM objects here (NVC_OUTPUT names an output folder)")
    return found


def test_every_number_of_a_page_is_in_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    for found in cases.values():
        page = read_html(output.case(found.case).report_html.read_text("utf-8"))
        for number in page.numbers:
            assert_rounded(number, found)
        assert numbers_outside_the_record(page.text, found) == [], found.case


def test_every_measure_of_a_pdf_is_on_the_page(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    pypdf = pytest.importorskip("pypdf")
    for found in cases.values():
        folder = output.case(found.case)
        if not folder.report_pdf.exists():
            continue
        page = read_html(folder.report_html.read_text("utf-8"))
        shown = {number.text.replace("\u00a0", " ") for number in page.numbers}
        shown |= {f"{text} mm" for text in shown}  # of voxels, whose unit stands once
        known = " ".join([page.text, *texts(), found.impression.sentence]).replace("\u00a0", " ")
        sheets = pypdf.PdfReader(folder.report_pdf).pages
        written = re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in sheets))
        measures = set(MEASURE.findall(written.replace("\u00a0", " ")))
        assert len(measures) > 1
        strange = {
            one for one in measures if not any(one in text for text in shown) and one not in known
        }
        assert strange == set(), found.case


def test_every_row_of_the_table_is_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    rows = list(csv.DictReader(io.StringIO(output.worklist_csv.read_text("utf-8"))))

    assert {row["case"] for row in rows} == set(cases)
    for row in rows:
        found = cases[row["case"]]
        assert row["priority"] == str(found.priority or "")
        assert row["side"] == (found.impression.side or "")
        assert row["leading"] == found.impression.leading
        assert row["status"] == found.status
        assert row["degraded"] == "; ".join(found.degraded)
        assert row["sentence"] == found.impression.sentence


def test_every_number_of_an_impression_is_in_the_record(cases: dict[str, Findings]) -> None:
    for found in cases.values():
        contacts = [side.vessel_contact for side in found.sides.values()]
        known = {
            f"{contact.distance_from_rexp_mm:.0f}"
            for contact in contacts
            if contact.answer == "yes" and contact.distance_from_rexp_mm is not None
        }
        said = found.impression.sentence.replace(found.reason or found.case, "")
        assert set(re.findall(r"\d+", said)) <= known, found.case


def test_every_row_of_the_page_is_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    html = output.worklist_html.read_text("utf-8")
    rows = dict(re.findall(r'<tr data-case="(\w+)"(.*?)</tr>', html, re.DOTALL))

    assert set(rows) == set(cases)
    for case, row in rows.items():
        text, found = read_html(f"<table><tr {row}</tr></table>").text, cases[case]
        assert found.reason in text if found.reason else found.impression.sentence in text
        for known in (case, found.reason or case, found.impression.sentence):
            text = text.replace(known, " ")
        for known in load_texts().worklist.degraded.values():
            text = text.replace(known, " ")
        assert re.findall(r"\d+", text) == ([str(found.priority)] if found.priority else []), case


def test_every_number_of_a_structured_report_is_in_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    for case, found in exported(output, cases).items():
        if output.case(case).dicom("measurements").exists():
            assert_report_is_the_record(output.case(case), found)


def test_every_secondary_capture_is_drawn_of_the_record(
    output: OutputFolder, cases: dict[str, Findings], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = [
        assert_pictures_are_the_record(output.case(case), found, monkeypatch)
        for case, found in exported(output, cases).items()
    ]
    assert sum(looked_at) > 0
