"""Readers' verdicts of single sides, from a table (CSV)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from pipeline.labelled.nifti import named_case
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Grade, VesselName

_TOUCHING = frozenset({"contact", "deviation", "indentation"})
_JUDGED = ("contact", "grade", "vessel", "tumour", "aneurysm")
_YES_NO = {"yes": True, "no": False}
_FORM = (
    "give study_instance_uid (or case), side, and any of contact, tumour, aneurysm (yes or no), "
    "grade and vessel, one line for each side"
)


@dataclass(frozen=True)
class SaidOfSide:
    """What a reader said of one side; None where nothing was said."""

    case: str
    side: Side
    contact: bool | None
    grade: Grade | None
    vessel: VesselName | None
    tumour: bool | None
    aneurysm: bool | None


def read_said(path: Path) -> list[SaidOfSide]:
    """All lines of a table; LabelsRefusedError, with the line, where one cannot be understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise LabelsRefusedError("it cannot be read", "save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > 1 else ",")
    columns = {name.strip().casefold() for name in rows.fieldnames or ()}
    if "side" not in columns or not columns & {"case", "study_instance_uid"}:
        raise LabelsRefusedError("it has no columns for study and side", _FORM)
    if not columns & set(_JUDGED):
        raise LabelsRefusedError("it has no column with a verdict", _FORM)
    return [_said(_cleaned(row), rows.line_num) for row in rows]


def _cleaned(row: Mapping[str | None, str | list[str] | None]) -> dict[str, str]:
    return {
        name.strip().casefold(): value.strip()
        for name, value in row.items()
        if name is not None and isinstance(value, str)
    }


def _said(row: Mapping[str, str], line: int) -> SaidOfSide:
    case = named_case(row.get("study_instance_uid", "") or row.get("case", ""))
    if case is None:
        raise LabelsRefusedError(f"line {line} names no study", _FORM)
    side = _one_of("side", row, SIDES, line)
    if side is None:
        raise LabelsRefusedError(f"line {line} names no side", "write left or right, the patient's")
    grade = cast("Grade | None", _one_of("grade", row, get_args(Grade), line))
    contact = _yes_no("contact", row, line)
    if grade is not None and contact is not None and contact != (grade in _TOUCHING):
        raise LabelsRefusedError(
            f"line {line} gives a grade that contradicts its contact", "correct one of the two"
        )
    if grade is not None and contact is None:
        contact = grade in _TOUCHING
    return SaidOfSide(
        case=case,
        side=cast("Literal['left', 'right']", side),
        contact=contact,
        grade=grade,
        vessel=cast("VesselName | None", _one_of("vessel", row, get_args(VesselName), line)),
        tumour=_yes_no("tumour", row, line),
        aneurysm=_yes_no("aneurysm", row, line),
    )


def _yes_no(name: str, row: Mapping[str, str], line: int) -> bool | None:
    said = _one_of(name, row, tuple(_YES_NO), line)
    return None if said is None else _YES_NO[said]


def _one_of(name: str, row: Mapping[str, str], allowed: tuple[str, ...], line: int) -> str | None:
    """The allowed word in a column, whatever its case; None where the column is empty."""
    written = row.get(name, "").casefold()
    if not written:
        return None
    for word in allowed:
        if word.casefold() == written:
            return word
    raise LabelsRefusedError(
        f"line {line} has a word in column {name} that is none of {', '.join(allowed)}",
        "correct it, or leave it empty",
    )
