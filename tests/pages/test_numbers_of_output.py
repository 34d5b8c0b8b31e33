"""Every number of page, PDF, table and DICOM objects is the one in findings.json, in the files.

Each check is itself put to the test: with one number changed it has to fail.
"""

from __future__ import annotations

import re

import pytest

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.worklist import Worklist
from pipeline.report.texts import load_texts

from ..export.said import assert_pictures_are_the_record, assert_report_is_the_record
from ..report.pages import read_html
from .record_in_files import (
    assert_page_is_the_record,
    assert_pdf_is_the_record,
    assert_table_is_the_records,
)


def exported(output: OutputFolder, cases: dict[str, Findings]) -> dict[str, Findings]:
    """Studies with DICOM objects; an invented output has none, tests/export looks at those."""
    found = {
        case: one for case, one in cases.items() if output.case(case).record("export").exists()
    }
    if not found:
        pytest.skip("no DICOM objects here (NVC_OUTPUT names an output folder)")
    return found


def measured(cases: dict[str, Findings]) -> Findings:
    """A study with a gap, a place and a curve to change."""
    return next(one for one in cases.values() if one.sides["left"].vessel_contact.point_lps_mm)


def test_every_number_of_a_page_is_in_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    for found in cases.values():
        assert_page_is_the_record(output.case(found.case).report_html.read_text("utf-8"), found)


@pytest.mark.parametrize(
    ("pattern", "changed"),
    [
        (r'(data-source="sides[^>]*>)\d', r"\g<1>9"),
        (r'(<data value="\d+)', r"\g<1>7"),
        (r"<p class=\"sentence\">", r"\g<0>11 mm "),
        (r'(data-place="-?)\d', r"\g<1>99"),
        (r'(alt="[^"]*[RL] )\d', r"\g<1>99"),
        (r'(<polyline [^>]*points="\d+\.\d,)', r"\g<1>9"),
        (r'("start":\[-?)\d', r"\g<1>9"),
    ],
    ids=["shown", "value", "words", "link", "alternative", "curve", "viewer"],
)
def test_a_changed_number_of_a_page_is_noticed(
    output: OutputFolder, cases: dict[str, Findings], pattern: str, changed: str
) -> None:
    found = measured(cases)
    html = output.case(found.case).report_html.read_text("utf-8")
    other, times = re.subn(pattern, changed, html, count=1)
    assert times == 1

    with pytest.raises(AssertionError):
        assert_page_is_the_record(other, found)


def test_every_measure_of_a_pdf_is_in_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    pytest.importorskip("pypdf")
    for found in cases.values():
        if output.case(found.case).report_pdf.exists():
            assert_pdf_is_the_record(output.case(found.case).report_pdf, found)


def test_a_changed_number_of_a_pdf_is_noticed(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    """A gap that stands on the page as another number, the end of its interval, is not the gap."""
    pytest.importorskip("pypdf")
    found = measured(cases)
    left = found.sides["left"]
    assert left.vessel_contact.distance_interval_mm is not None
    wide = {"min_distance_mm": left.vessel_contact.distance_interval_mm[1]}
    contact = left.vessel_contact.model_copy(update=wide)
    sides = {**found.sides, "left": left.model_copy(update={"vessel_contact": contact})}
    path = output.case(found.case).report_pdf
    if not path.exists():
        pytest.skip("no PDF here")

    with pytest.raises(AssertionError):
        assert_pdf_is_the_record(path, found.model_copy(update={"sides": sides}))


def test_every_row_of_the_table_is_the_record(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    table = output.worklist_csv.read_text("utf-8")
    assert_table_is_the_records(table, Worklist.read(output.worklist_json), cases)


def test_a_changed_number_of_the_table_is_noticed(
    output: OutputFolder, cases: dict[str, Findings]
) -> None:
    table, listed = output.worklist_csv.read_text("utf-8"), Worklist.read(output.worklist_json)
    digits = [match.start() for match in re.finditer(r"\d", table)]
    for at in digits[:: max(1, len(digits) // 40)]:
        other = table[:at] + str((int(table[at]) + 1) % 10) + table[at + 1 :]
        with pytest.raises(AssertionError):
            assert_table_is_the_records(other, listed, cases)


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
