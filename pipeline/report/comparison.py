"""Both sides beside each other: the table at the heart of page and PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import Answer, Findings
from pipeline.report.contact_rows import ContactCells
from pipeline.report.lesion_rows import LesionName, lesion_cell
from pipeline.report.numbers import filled
from pipeline.report.wording import Wording

COLUMNS: tuple[Side, Side] = ("right", "left")
"""The radiological order, as in the pictures: the patient's right on the viewer's left."""

Tone = Literal["found", "clear", "open", "plain"]
TONES: dict[Answer, Tone] = {"yes": "found", "no": "clear", "cannot_say": "open"}


@dataclass(frozen=True)
class Cell:
    """What is said about one side. tone: how the answer is set off, beside its words."""

    text: Markup
    tone: Tone = "plain"


@dataclass(frozen=True)
class Row:
    """One line of the table; cells in the order of COLUMNS."""

    heading: str
    cells: tuple[Cell, Cell]


_CONTACT_ROWS: tuple[tuple[str, Callable[[ContactCells], Markup]], ...] = (
    ("row_grade", ContactCells.grade),
    ("row_gap", ContactCells.gap),
    ("row_vessel", ContactCells.vessel),
    ("row_place", ContactCells.place),
    ("row_probability", ContactCells.probability),
    ("row_base_rate", ContactCells.base_rate),
    ("row_others", ContactCells.others),
)


def comparison(findings: Findings, wording: Wording) -> tuple[Row, ...]:
    """The rows that say something on at least one side, answers first."""
    return (
        _answers(findings, wording),
        _lesions(findings, "tumour", wording),
        _lesions(findings, "aneurysm", wording),
        *_measurements(findings, wording),
        *_limits(findings, wording),
    )


def answer_cell(side: Side, findings: Findings, wording: Wording) -> Cell:
    """Whether a vessel touches the nerve of a side."""
    contact = findings.sides[side].vessel_contact
    return Cell(ContactCells(side, contact, wording).answer(), TONES[contact.answer])


def lesion_answer(side: Side, name: LesionName, findings: Findings, wording: Wording) -> Cell:
    """Whether a mass or an aneurysm is flagged on a side."""
    found = findings.sides[side]
    lesion = found.tumour if name == "tumour" else found.aneurysm
    return Cell(lesion_cell(side, name, found, wording), TONES[lesion.answer])


def limits_cell(side: Side, findings: Findings, wording: Wording) -> Cell | None:
    """Why a side was assessed in part or not at all; None where nothing limits it."""
    texts, state = wording.texts.side, findings.sides[side].assessability
    patterns = {"degraded": texts.degraded, "not_assessable": texts.not_assessable}
    if state.status not in patterns:
        return None
    reasons = wording.reasons(state.reasons, "vessel_contact")
    return Cell(filled(patterns[state.status], reasons=reasons))


def _answers(findings: Findings, wording: Wording) -> Row:
    right, left = (answer_cell(side, findings, wording) for side in COLUMNS)
    return Row(wording.texts.contact.row_answer, (right, left))


def _lesions(findings: Findings, name: LesionName, wording: Wording) -> Row:
    right, left = (lesion_answer(side, name, findings, wording) for side in COLUMNS)
    return Row(wording.texts.lesion.heading[name], (right, left))


def _measurements(findings: Findings, wording: Wording) -> list[Row]:
    rows = []
    for heading, write in _CONTACT_ROWS:
        texts = [
            write(ContactCells(side, findings.sides[side].vessel_contact, wording))
            for side in COLUMNS
        ]
        if any(texts):
            unknown = Markup.escape(_absent(heading, wording))
            first, second = (Cell(text or unknown) for text in texts)
            rows.append(Row(str(getattr(wording.texts.contact, heading)), (first, second)))
    return rows


def _absent(heading: str, wording: Wording) -> str:
    """What stands for a missing value: nothing where the row concerns a contact alone."""
    measured = {"row_gap", "row_vessel", "row_place", "row_probability", "row_grade"}
    words = wording.texts.contact
    return words.unknown if heading in measured else words.nothing


def _limits(findings: Findings, wording: Wording) -> list[Row]:
    right, left = (limits_cell(side, findings, wording) for side in COLUMNS)
    if right is None and left is None:
        return []
    nothing = Cell(Markup.escape(wording.texts.contact.nothing))
    return [Row(wording.texts.side.row_limits, (right or nothing, left or nothing))]
