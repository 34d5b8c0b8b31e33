"""Disputed studies: listed for labelling, and no training truth before somebody labelled them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.geometry import Volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.labels import Label
from pipeline.train.disputed import NotLabelledError, labelled_truth, to_label
from pipeline.worklist.verdicts import bring_in

from ..report.builders import findings, head_grid
from ..worklist.test_verdicts import SILENT, verdict_file
from ..worklist.test_worklist import add

GRID = head_grid(1.0)
ELSEWHERE = np.eye(4)
ELSEWHERE[0, 3] = 900.0


@pytest.fixture
def folder(tmp_path: Path) -> CaseFolder:
    """A study that the program labelled with a nerve."""
    output = OutputFolder(tmp_path / "out")
    case = output.case(add(output, "1.2.3", findings()))
    save_volume(nerve(4), case.segmentation)
    return case


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    made = tmp_path / "labels"
    made.mkdir()
    return made


def nerve(row: int, label: int = Label.FACIAL_NERVE_REZ) -> Volume:
    array = np.zeros(GRID.shape, dtype=np.uint8)
    array[2:8, row, 3] = label
    return Volume(array, GRID)


def dispute(folder: CaseFolder, tmp_path: Path) -> None:
    """AB calls the left contact and its grade wrong, and the leading finding the right's."""
    wrong = SILENT | {"vessel_contact": "disagree", "corrected_grade": "near"}
    sides = {"left": wrong, "right": SILENT | {"tumour": "agree"}}
    file = verdict_file(
        folder.output,
        folder.case,
        tmp_path,
        sides=sides,
        corrected_side="right",
        comment="Mrs Muster, 1 January",
    )
    assert bring_in(folder.output, [file])[1] == []


def test_a_dispute_says_what_is_wrong_and_that_labels_are_missing(
    folder: CaseFolder, labels: Path, tmp_path: Path
) -> None:
    dispute(folder, tmp_path)

    left, whole = to_label(folder.output, labels)

    assert (left.case, left.reader, left.side) == (folder.case, "AB", "left")
    assert (left.wrong, left.corrected_grade) == (("vessel_contact",), "near")
    assert (whole.side, whole.wrong, whole.corrected_side) == (None, (), "right")
    assert left.current
    assert left.missing == whole.missing == f"not labelled: {folder.case}.nii.gz is missing"


def test_a_study_that_a_person_labelled_is_truth(
    folder: CaseFolder, labels: Path, tmp_path: Path
) -> None:
    dispute(folder, tmp_path)
    save_volume(nerve(9), labels / f"{folder.case}.nii.gz")

    assert [one.missing for one in to_label(folder.output, labels)] == ["", ""]
    np.testing.assert_array_equal(labelled_truth(folder, labels).array, nerve(9).array)


def test_a_record_that_changed_since_is_marked(
    folder: CaseFolder, labels: Path, tmp_path: Path
) -> None:
    dispute(folder, tmp_path)
    Findings.read(folder.findings).model_copy(update={"priority": 4}).write(folder.findings)

    assert not any(one.current for one in to_label(folder.output, labels))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (nerve(4), "the program's own answer"),
        (nerve(9, Label.ARTERY), "no facial nerve"),
        (nerve(9, 9), "other numbers than the labels"),
        (Volume(nerve(9).array, GRID.moved(ELSEWHERE)), "lie in the reference images"),
    ],
    ids=["own", "no_nerve", "strange", "elsewhere"],
)
def test_what_is_no_truth_is_refused(
    folder: CaseFolder, labels: Path, made: Volume, reason: str
) -> None:
    save_volume(made, labels / f"{folder.case}.nii.gz")

    with pytest.raises(NotLabelledError, match=reason):
        labelled_truth(folder, labels)


def test_a_broken_file_is_refused(folder: CaseFolder, labels: Path) -> None:
    (labels / f"{folder.case}.nii.gz").write_bytes(b"\x1f\x8b\x08nothing")

    with pytest.raises(NotLabelledError, match="cannot be read"):
        labelled_truth(folder, labels)


def test_without_verdicts_it_says_what_to_do(folder: CaseFolder, labels: Path) -> None:
    with pytest.raises(UsageError, match="nvc verdicts"):
        to_label(folder.output, labels)


def test_the_command_lists_and_keeps_remarks_out(
    folder: CaseFolder, labels: Path, tmp_path: Path
) -> None:
    dispute(folder, tmp_path)

    ended = CliRunner().invoke(app, ["to-label", str(folder.output.root), str(labels)])

    assert ended.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(ended.output)))
    assert [(row["side"], row["wrong"], row["current"]) for row in rows] == [
        ("left", "vessel_contact", "yes"),
        ("", "", "yes"),
    ]
    assert "Muster" not in ended.output
