"""Verdicts: kept once, refused with a reason, counted, outdated when the record changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import worklist
from pipeline.cli import app
from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.worklist import Worklist
from pipeline.settings import load_settings
from pipeline.worklist.verdicts import bring_in, read_verdicts

from ..report.builders import findings
from .test_worklist import add

SILENT = dict.fromkeys(
    ("vessel_contact", "tumour", "aneurysm", "corrected_grade", "corrected_vessel")
)


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


def verdict_file(output: OutputFolder, case: str, folder: Path, /, **changes: Any) -> Path:
    """A file as the page saves it: agreement on both sides about the contact."""
    record = output.case(case).findings
    said = SILENT | {"vessel_contact": "agree"}
    content = {
        "schema_version": "1.0",
        "case": case,
        "study_instance_uid": Findings.read(record).study_instance_uid,
        "findings_sha256": hashlib.sha256(record.read_bytes()).hexdigest(),
        "reader": "AB",
        "written": "2026-11-21T09:30:00.123Z",
        "sides": {"left": said, "right": said},
        "corrected_side": None,
        "comment": "",
    }
    path = folder / f"verdict-{len(list(folder.glob('verdict-*')))}.json"
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


def listed(output: OutputFolder) -> Worklist:
    return worklist.run(output, load_settings())


def test_an_agreement_shows_in_the_worklist_and_its_table(
    output: OutputFolder, tmp_path: Path
) -> None:
    case = add(output, "1.2.3", findings())
    file = verdict_file(output, case, tmp_path)

    kept, refused = bring_in(output, [file, file])

    assert (len(kept), refused) == (2, [])
    assert len(list(output.verdicts.iterdir())) == 1  # the same file counts once
    row, table = listed(output).studies[0], listed(output).agreement
    assert (row.review, row.reviewed_by) == ("agrees", ("AB",))
    assert [(line.finding, line.agree, line.disagree) for line in table] == [
        ("vessel_contact", 2, 0),
        ("tumour", 0, 0),
        ("aneurysm", 0, 0),
    ]
    assert json.loads(output.to_review.read_text("utf-8"))["cases"] == {}
    assert "agreed (AB)" in output.worklist_html.read_text("utf-8")
    assert "agrees" in output.worklist_csv.read_text("utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"corrected_side": "right"},
        {"sides": {"left": SILENT | {"tumour": "disagree"}, "right": SILENT}},
        {"sides": {"left": SILENT, "right": SILENT | {"corrected_grade": "near"}}},
        {"sides": {"left": SILENT, "right": SILENT | {"corrected_vessel": "PICA"}}},
    ],
)
def test_whatever_differs_is_kept_to_learn_from(
    output: OutputFolder, tmp_path: Path, changes: dict[str, Any]
) -> None:
    case = add(output, "1.2.3", findings())

    bring_in(output, [verdict_file(output, case, tmp_path, **changes)])

    assert listed(output).studies[0].review == "disagrees"
    kept = json.loads(output.to_review.read_text("utf-8"))["cases"]
    assert list(kept) == [case]
    assert all((output.root / file).exists() for file in kept[case])


def test_a_verdict_on_an_earlier_record_is_outdated(output: OutputFolder, tmp_path: Path) -> None:
    case = add(output, "1.2.3", findings())
    bring_in(output, [verdict_file(output, case, tmp_path)])

    changed = Findings.read(output.case(case).findings).model_copy(update={"priority": 3})
    changed.write(output.case(case).findings)

    assert listed(output).studies[0].review == "outdated"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reader": "../../x"}, "reader"),
        ({"reader": ""}, "reader"),
        ({"case": "../../../etc"}, "case"),
        ({"case": "0123456789ab"}, "not in this output folder"),
        ({"study_instance_uid": "9.9"}, "another study"),
        ({"corrected_side": "behind"}, "corrected_side"),
        ({"patient_name": "Muster"}, "patient_name"),
        ({"comment": "x" * 5000}, "comment"),
    ],
)
def test_what_is_no_verdict_is_refused_with_its_reason(
    output: OutputFolder, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    case = add(output, "1.2.3", findings())

    kept, refused = bring_in(output, [verdict_file(output, case, tmp_path, **changes)])

    assert kept == []
    assert reason in refused[0].reason
    assert read_verdicts(output) == {}


def test_the_command_keeps_the_good_and_names_the_bad(output: OutputFolder, tmp_path: Path) -> None:
    case = add(output, "1.2.3", findings())
    good = verdict_file(output, case, tmp_path)
    binary = tmp_path / "picture.json"
    binary.write_bytes(b"\xff\xd8\xff\xe0")

    ended = CliRunner().invoke(
        app, ["verdicts", str(output.root), str(good), str(binary), str(tmp_path / "gone.json")]
    )

    assert ended.exit_code == 1
    assert f"{case}: AB agrees" in ended.output
    assert "picture.json" in ended.output
    assert "gone.json cannot be read" in ended.output
    assert listed(output).studies[0].review == "agrees"
    assert CliRunner().invoke(app, ["verdicts", str(output.root), str(good)]).exit_code == 0
