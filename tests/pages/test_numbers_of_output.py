"""Every number of page, PDF and table is the one in findings.json, in the files themselves."""

from __future__ import annotations

import csv
import io
import re

import pytest

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings

from ..report.pages import read_html
from ..report.test_page import assert_rounded, numbers_outside_the_record, texts

MEASURE = re.compile(r"\d+(?:\.\d+)? (?:mm|%)")


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
