"""The table of affected sides: read as spreadsheets write it, refused where it is ambiguous."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipeline import intake
from pipeline.errors import UsageError
from pipeline.intake.clinical import read_clinical
from pipeline.paths import OutputFolder, case_of
from pipeline.records.clinical import ClinicalNote
from pipeline.settings import load_settings

from .series_writer import CISS, Identity, write_series


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "sides.csv"
    file.write_text(text, encoding=encoding)
    return file


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_columns_in_any_order_and_any_separator(tmp_path, separator, encoding):
    rows = [["Symptoms", "Side", "study"], ["", "L", "1.2"], ["twitch", " RIGHT ", "A7"],
            ["", "", ""], ["both eyes", "both", "9"]]  # fmt: skip
    text = "\r\n".join(separator.join(row) for row in rows)
    found = read_clinical(table(tmp_path, text, encoding))
    assert {study: note.affected_side for study, note in found.items()} == {
        "1.2": "left", "A7": "right", "9": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns study and side"),
        ("study;site\n1;left\n", "columns study and side"),
        ("study,side\n1.2,left\n1.3,links\n", "line 3: the side must be left, right or both"),
        ("study,side\n1.2\n", "line 2: the side must be"),
        ("study,side\n1.2,left\n1.2,right\n", "line 3: this study has another side"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line_and_without_its_content(tmp_path, text, words):
    with pytest.raises(UsageError, match=words) as refused:
        read_clinical(table(tmp_path, text))
    assert "1.2" not in str(refused.value)


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(UsageError, match="UTF-8"):
        read_clinical(table(tmp_path, "study,side\nMüller,left", "latin-1"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_clinical(tmp_path / "missing.csv")


def test_notes_lie_beside_the_manifest_by_uid_or_accession_and_go_with_the_table(
    tmp_path, source, caplog
):
    output = OutputFolder(tmp_path / "output")
    studies = [Identity(accession=f"ACC{number}") for number in range(3)]
    for number, study in enumerate(studies):
        (source / str(number)).mkdir()
        write_series(source / str(number), CISS, identity=study)
    accession = studies[1].accession
    text = f"study,side\n{studies[0].study},left\n{accession},right\n{accession}x,left\n"
    given = table(tmp_path, text)
    with caplog.at_level(logging.WARNING, logger="nvc"):
        intake.run(source, output, load_settings(), clinical=given)

    notes = [output.case(case_of(study.study)).clinical for study in studies]
    assert ClinicalNote.read(notes[0]).affected_side == "left"
    assert ClinicalNote.read(notes[1]).affected_side == "right"
    assert not notes[2].exists()
    assert "1 of 3 rows" in caplog.text
    assert accession not in caplog.text

    intake.run(source, output, load_settings())
    assert not any(note.exists() for note in notes)
