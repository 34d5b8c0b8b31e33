"""The worklist: every study has its row, in order, and all renderings say the same."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from pipeline import worklist
from pipeline.errors import UsageError
from pipeline.paths import OutputFolder, case_of
from pipeline.records.findings import Findings
from pipeline.records.identities import Identities, Identity
from pipeline.records.manifest import Intake, IntakeStudy, QuarantinedFile
from pipeline.records.outcome import Outcome
from pipeline.records.report import ReportRecord
from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.report.texts import load_texts
from pipeline.settings import load_settings
from pipeline.worklist.page import worklist_html
from pipeline.worklist.terminal import worklist_table

from ..report.builders import (
    aneurysm_left,
    findings,
    one_side_unknown,
    tumour_right,
    unassessed,
    write_case,
)
from ..report.pages import read_html

ATTACK = '=cmd|" /C calc"!A0 <script>alert(1)</script>'


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


def add(output: OutputFolder, uid: str, found: Findings | None, page: bool = True) -> str:
    """A study that went in, with what became of it."""
    case = case_of(uid)
    before = Intake.read(output.intake).studies if output.intake.exists() else ()
    study = IntakeStudy(case=case, study_instance_uid=uid, series=())
    Intake(files=3, quarantined=(), studies=(*before, study)).write(output.intake)
    if found is not None:
        found = found.model_copy(update={"case": case, "study_instance_uid": uid})
        folder = write_case(output, found)
        if page:
            folder.report_html.write_text("<html>", encoding="utf-8")
            folder.report_pdf.write_bytes(b"%PDF-")
    return case


def run(output: OutputFolder, **changes: object) -> Worklist:
    return worklist.run(output, load_settings().model_copy(update=changes))


def everything(output: OutputFolder) -> dict[str, str]:
    """One study of each kind, in no order; cases by name."""
    none_seen = findings(priority=4)
    impression = none_seen.impression.model_copy(
        update={"leading": "none_seen", "side": None, "sentence": "Nothing seen."}
    )
    studies = {
        "none": none_seen.model_copy(update={"impression": impression, "degraded": ()}),
        "contact": findings(),
        "killed": None,
        "tumour": tumour_right(),
        "open": one_side_unknown().model_copy(update={"priority": 3}),
        "refused": unassessed("not_assessable", "slices thicker than 1 mm"),
        "aneurysm": aneurysm_left("no_tof"),
        "failed": unassessed("failed", "the registration did not converge"),
    }
    return {name: add(output, f"1.2.{n}", found) for n, (name, found) in enumerate(studies.items())}


def test_those_that_need_a_human_first_then_by_priority(output: OutputFolder) -> None:
    cases = everything(output)

    rows = run(output).studies

    names = {case: name for name, case in cases.items()}
    first, then = rows[:3], rows[3:]
    assert {names[row.case] for row in first} == {"killed", "refused", "failed"}
    assert {names[row.case] for row in then[:2]} == {"tumour", "aneurysm"}
    assert [names[row.case] for row in then[2:]] == ["contact", "open", "none"]
    assert [row.priority for row in rows] == [None, None, None, 1, 1, 2, 3, 4]
    assert [row.case for row in first] == sorted(row.case for row in first)


def test_a_row_repeats_the_record(output: OutputFolder) -> None:
    case = add(output, "1.2.3", findings())

    row = run(output).studies[0]

    found = Findings.read(output.case(case).findings)
    assert row == WorklistRow(
        case=case,
        study_instance_uid="1.2.3",
        status=found.status,
        reason=None,
        priority=found.priority,
        leading=found.impression.leading,
        side=found.impression.side,
        degraded=found.degraded,
        sentence=found.impression.sentence,
        report_html=f"studies/{case}/report.html",
        report_pdf=f"studies/{case}/report.pdf",
    )


def test_a_study_that_was_never_finished_has_its_row(output: OutputFolder) -> None:
    case = add(output, "1.2.3", None)

    row = run(output).studies[0]

    assert (row.case, row.status, row.priority) == (case, "failed", None)
    assert "same command continues" in (row.reason or "")
    assert row.report_html is None


def test_a_damaged_record_is_a_failure_of_that_study_alone(output: OutputFolder) -> None:
    damaged, whole = add(output, "1.2.3", findings()), add(output, "1.2.4", findings())
    output.case(damaged).findings.write_text('{"case": ', encoding="utf-8")

    rows = {row.case: row for row in run(output).studies}

    assert rows[damaged].status == "failed"
    assert "findings.json" in (rows[damaged].reason or "")
    assert rows[whole].status == "assessed"


def test_a_study_whose_page_failed_needs_a_human_and_keeps_its_sentence(
    output: OutputFolder,
) -> None:
    case = add(output, "1.2.3", tumour_right(), page=False)
    ending = Outcome(stage="report", state="failed", key="k", message="internal error")
    ending.write(output.case(case).outcome("report"))

    row = run(output).studies[0]

    assert (row.status, row.priority, row.report_html) == ("failed", None, None)
    assert "internal error" in (row.reason or "")
    assert row.sentence == tumour_right().impression.sentence
    assert row.sentence in read_html(output.worklist_html.read_text("utf-8")).text


def test_a_study_whose_dicom_objects_were_not_released_needs_a_human(output: OutputFolder) -> None:
    case = add(output, "1.2.3", tumour_right())
    Outcome(stage="report", state="done", key="k").write(output.case(case).outcome("report"))
    ending = Outcome(stage="export", state="failed", key="k", message="segment 7 lies elsewhere")
    ending.write(output.case(case).outcome("export"))

    row = run(output).studies[0]

    assert (row.status, row.priority) == ("failed", None)
    assert row.reason == "the DICOM objects could not be written: segment 7 lies elsewhere"
    assert row.report_html is not None


def test_a_missing_pdf_is_explained(output: OutputFolder) -> None:
    case = add(output, "1.2.3", findings())
    folder = output.case(case)
    folder.report_pdf.unlink()
    record = ReportRecord(case=case, key_images=(), pdf_missing="no pango")
    record.write(folder.record("report"))

    row = run(output).studies[0]

    assert (row.report_pdf, row.pdf_missing) == (None, "no pango")
    assert "no pango" in output.worklist_html.read_text("utf-8")


def test_csv_and_json_hold_the_same(output: OutputFolder) -> None:
    everything(output)
    run(output)

    lines = list(csv.DictReader(io.StringIO(output.worklist_csv.read_text("utf-8"))))
    rows = json.loads(output.worklist_json.read_text("utf-8"))["studies"]

    assert [set(line) for line in lines] == [set(row) for row in rows]
    for line, row in zip(lines, rows, strict=True):
        for name, value in row.items():
            text = "; ".join(value) if isinstance(value, list) else str(value or "")
            assert line[name] == text


def test_the_page_holds_every_row_in_its_group(output: OutputFolder) -> None:
    everything(output)
    rows = run(output).studies
    html = output.worklist_html.read_text("utf-8")

    first, then = html.split("<tbody data-group>")[1:]
    for row in rows:
        group, other = (then, first) if row.priority else (first, then)
        assert f'data-case="{row.case}"' in group
        assert f'data-case="{row.case}"' not in other
    text = read_html(html).text
    for row in rows:
        assert (row.reason or row.sentence) in text
    order = [row.case for row in rows]
    assert re.findall(r'data-case="(\w+)"', html) == order


def test_every_number_on_the_page_stands_in_the_record(output: OutputFolder) -> None:
    everything(output)
    listed = run(output)
    text = read_html(output.worklist_html.read_text("utf-8")).text
    for row in listed.studies:
        for known in (row.case, row.sentence or row.case, row.reason or row.case):
            text = text.replace(known, " ")
    for fixed in load_texts().worklist.degraded.values():
        text = text.replace(fixed, " ")
    for fixed in (load_texts().worklist.column["missing"], load_texts().worklist.abbreviations):
        assert fixed in text
        text = text.replace(fixed, " ")

    counts, _, rest = text.partition("Studies that need")
    assert re.findall(r"\d+", counts) == ["8", "5", "1", "2"]
    tallies, _, table = rest.partition(load_texts().research_use)
    assert re.findall(r"\d+", tallies) == ["3", "2", "1", "1", "1", "8"]
    shown = [number for number in re.findall(r"\d+", table) if number]
    assert shown == [str(row.priority) for row in listed.studies if row.priority]


def test_links_lead_to_the_pages_and_nothing_outside(output: OutputFolder) -> None:
    everything(output)
    listed = run(output)
    html = output.worklist_html.read_text("utf-8")

    links = set(read_html(html).references)
    pages = {row.report_html for row in listed.studies} | {row.report_pdf for row in listed.studies}
    assert links == pages - {None} | {"run.html"}
    assert all((output.root / link).exists() for link in links - {"run.html"})
    assert not re.search(r"https?:|url\(|@import|<link|<iframe", html)


def test_the_page_trusts_its_own_script_alone(output: OutputFolder) -> None:
    add(output, "1.2.3", findings())
    run(output)
    html = output.worklist_html.read_text("utf-8")

    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_hostile_texts_do_no_harm(output: OutputFolder) -> None:
    add(output, "1.2.3", unassessed("failed", ATTACK))
    listed = run(output)

    html = output.worklist_html.read_text("utf-8")
    assert html.count("<script") == 1
    assert ATTACK in read_html(html).text
    line = next(csv.DictReader(io.StringIO(output.worklist_csv.read_text("utf-8"))))
    assert line["reason"] == f"'{ATTACK}"
    assert "alert(1)" in printed(listed)


def test_names_are_shown_only_where_the_site_asks(output: OutputFolder) -> None:
    case = add(output, "1.2.3", findings())
    identity = Identity(
        study_instance_uid="1.2.3",
        patient_name="Muster^Erika",
        patient_id="PID-77",
        accession_number="A1",
        study_date="20240506",
        sources=(),
    )
    output.create_private()
    Identities(cases={case: identity}, files={}).write(output.identities)
    files = (output.worklist_html, output.worklist_csv, output.worklist_json)
    known = ("Muster, Erika", "PID-77", "2024-05-06")

    run(output)
    assert not any(said in file.read_text("utf-8") for file in files for said in ("Muster", *known))

    run(output, identify=True)
    assert all(said in file.read_text("utf-8") for file in files for said in known)


def test_counts_and_unusable_files_are_told(output: OutputFolder) -> None:
    add(output, "1.2.3", findings())
    intake = Intake.read(output.intake)
    unread = tuple(QuarantinedFile(file=str(n), reason="not DICOM") for n in range(12))
    intake.model_copy(update={"quarantined": unread}).write(output.intake)

    listed = run(output)

    text = read_html(output.worklist_html.read_text("utf-8")).text
    assert listed.quarantined == 12
    assert "Studies: 1 (1 assessed, 0 not assessable, 0 failed)." in text
    assert "Files that could not be used: 12" in text
    assert load_texts().research_use in text


def test_the_terminal_shows_every_study(output: OutputFolder) -> None:
    everything(output)
    listed = run(output)

    shown = printed(listed)

    places = [shown.index(row.case) for row in listed.studies]
    assert places == sorted(places)
    assert "Not assessable" in shown
    assert "slices thicker than 1 mm" in shown
    assert "Suspected mass" in shown
    assert load_texts().research_use in shown


def test_without_intake_there_is_no_worklist(output: OutputFolder) -> None:
    with pytest.raises(UsageError, match="nvc intake"):
        run(output)


def test_an_input_without_studies_gives_an_empty_list(output: OutputFolder) -> None:
    Intake(files=2, quarantined=(), studies=()).write(output.intake)

    assert run(output).studies == ()
    assert "none" in read_html(output.worklist_html.read_text("utf-8")).text


def test_two_thousand_studies_stay_one_small_page(output: OutputFolder) -> None:
    add(output, "1.2.3", findings())
    row = run(output).studies[0]
    many = Worklist(
        studies=tuple(row.model_copy(update={"case": f"{n:012x}"}) for n in range(2000))
    )

    assert len(worklist_html(many, load_texts())) < 4_000_000


def printed(listed: Worklist) -> str:
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(worklist_table(listed))
    return console.export_text()
