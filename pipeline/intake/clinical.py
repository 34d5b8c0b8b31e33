"""The side of the spasm by study, from a table that the user gives (CSV).

Columns: `study` (StudyInstanceUID or accession number) and `side` (left, right or both); others,
such as symptoms, are not read. Comma, semicolon and tab separate alike, as spreadsheets write them.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.files import write_text_if_changed
from pipeline.paths import OutputFolder
from pipeline.records.base import Side
from pipeline.records.clinical import ClinicalNote
from pipeline.records.identities import Identity

log = logging.getLogger("nvc")

_SIDES: dict[str, Side | None] = {
    "left": "left", "l": "left", "right": "right", "r": "right", "both": None,
}  # fmt: skip
ClinicalTable = dict[str, ClinicalNote]
"""Notes by StudyInstanceUID or accession number."""


def read_clinical(file: Path) -> ClinicalTable:
    """The table in `file`; UsageError, with the line and no value of it, where it is not one."""
    table: ClinicalTable = {}
    for line, study, side in _rows(_text(file)):
        if side.lower() not in _SIDES:
            raise UsageError(f"clinical file, line {line}: the side must be left, right or both")
        note = ClinicalNote(affected_side=_SIDES[side.lower()])
        if table.setdefault(study, note) != note:
            raise UsageError(f"clinical file, line {line}: this study has another side further up")
    return table


def write_notes(
    table: ClinicalTable, identities: dict[str, Identity], output: OutputFolder
) -> None:
    """Lay each study's note beside its manifest, and take away those that hold no longer.

    identities: by case. Rows that no study answers to are counted in the log.
    """
    used: set[str] = set()
    for case, identity in identities.items():
        names = [name for name in (identity.study_instance_uid, identity.accession_number) if name]
        found = [name for name in names if name in table]
        used.update(found)
        path = output.case(case).clinical
        if found:
            write_text_if_changed(path, table[found[0]].model_dump_json(indent=1) + "\n")
        else:
            path.unlink(missing_ok=True)
    if missing := len(table.keys() - used):
        log.warning("clinical file: %d of %d rows are of no study here", missing, len(table))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"the clinical file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError("the clinical file is not text in UTF-8; save it as CSV UTF-8") from None


def _rows(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, study and side of every row that is not empty."""
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    names = [name.strip().lower() for name in next(reader, [])]
    if not {"study", "side"} <= set(names):
        raise UsageError("the clinical file needs a first line with the columns study and side")
    study, side = names.index("study"), names.index("side")
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, _cell(row, study), _cell(row, side)


def _cell(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _delimiter(text: str) -> str:
    """The one that the first line has most of."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
