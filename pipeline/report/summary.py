"""The first screen: both sides as cards, what was missing, how sure it is and why."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import Aneurysm, Findings, Tumour
from pipeline.report.comparison import COLUMNS, TONES, Cell, lesion_answer, limits_cell
from pipeline.report.contact_rows import ContactCells
from pipeline.report.lesion_rows import LesionName
from pipeline.report.nerve_course import OTHER_SIDE
from pipeline.report.texts import ReportTexts
from pipeline.report.wording import Wording


@dataclass(frozen=True)
class Fact:
    """One line of a card. tone: how an answer is set off, beside its words."""

    name: str
    cell: Cell


@dataclass(frozen=True)
class Card:
    """One side at a glance. sure, why: how likely a contact is, and what the images leave open.

    reasons: of a verdict that could not be given, else empty. flagged: masses and aneurysms to be
    reviewed, said as loudly as the contact.
    """

    side: Side
    name: str
    letter: str
    verdict: Cell
    reasons: str
    flagged: tuple[str, ...]
    facts: tuple[Fact, ...]
    sure: Markup
    why: Markup


def cards(findings: Findings, wording: Wording) -> tuple[Card, ...]:
    """Both sides, the affected one first where it was given, else the patient's right."""
    if findings.status != "assessed":
        return ()
    first = findings.affected_side or COLUMNS[0]
    return tuple(_card(side, findings, wording) for side in (first, OTHER_SIDE[first]))


def _card(side: Side, findings: Findings, wording: Wording) -> Card:
    texts = wording.texts
    contact = findings.sides[side].vessel_contact
    cells = ContactCells(side, contact, wording)
    return Card(
        side=side,
        name=texts.side.name[side],
        letter=texts.side.letter[side],
        verdict=Cell(Markup.escape(texts.contact.answer[contact.answer]), TONES[contact.answer]),
        reasons=cells.reasons(),
        flagged=tuple(_flagged(side, findings, texts)),
        facts=tuple(_facts(side, cells, findings, wording)),
        sure=cells.probability(),
        why=cells.why(),
    )


def _flagged(side: Side, findings: Findings, texts: ReportTexts) -> list[str]:
    found, words = findings.sides[side], texts.lesion
    lesions: dict[LesionName, Tumour | Aneurysm] = {
        "tumour": found.tumour,
        "aneurysm": found.aneurysm,
    }
    return [
        words.flagged.format(finding=heading)
        for name, heading in words.heading.items()
        if lesions[name].answer == "yes"
    ]


def _facts(side: Side, cells: ContactCells, findings: Findings, wording: Wording) -> list[Fact]:
    words, texts = wording.texts.contact, wording.texts
    measured = (
        (words.row_grade, cells.grade()),
        (words.row_gap, cells.gap()),
        (words.row_vessel, cells.vessel()),
        (words.row_place, cells.place()),
    )
    unknown = Markup.escape(words.unknown)
    facts = [Fact(name, Cell(text or unknown)) for name, text in measured]
    for lesion in ("tumour", "aneurysm"):
        cell = lesion_answer(side, lesion, findings, wording)
        facts.append(Fact(texts.lesion.heading[lesion], cell))
    if cells.others():
        facts.append(Fact(words.row_others, Cell(cells.others())))
    limits = limits_cell(side, findings, wording)
    if limits is not None:
        facts.append(Fact(texts.side.row_limits, limits))
    return facts
