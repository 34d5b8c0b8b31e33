"""The leading finding, its sentence, and the priority of the study, by written rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pipeline.assess.sentences import FindingName, Sentences
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import (
    Aneurysm,
    Answer,
    Impression,
    Leading,
    SideFindings,
    Tumour,
    VesselContact,
)

Sides = Mapping[Side, SideFindings]
ImpressionSide = Literal["left", "right", "both", "midline"]
_NAMES: tuple[FindingName, ...] = ("vessel_contact", "tumour", "aneurysm")


def impression(sides: Sides, sentences: Sentences, *, ectatic: bool | None = None) -> Impression:
    """The leading finding with its side and sentence.

    ectatic: whether the basilar artery is flagged; a sentence of its own, never a finding.
    """
    leads = leading(sides)
    sentence = _sentence(leads, sides, sentences)
    if ectatic:
        sentence = f"{sentence} {sentences.impression.dolichoectasia}"
    return Impression(leading=leads, side=_side(leads, sides), sentence=sentence)


def leading(sides: Sides) -> Leading:
    """Aneurysm or mass before vessel contact; none seen only where all was answered no."""
    mass, aneurysm = _answered_yes(sides, "tumour"), _answered_yes(sides, "aneurysm")
    if mass and aneurysm:
        return "several"
    if mass:
        return "tumour"
    if aneurysm:
        return "aneurysm"
    if _answered_yes(sides, "vessel_contact"):
        return "vessel_contact"
    answers = [answer for side in SIDES for answer in _answers(sides[side])]
    return "none_seen" if all(answer == "no" for answer in answers) else "cannot_say"


def priority(sides: Sides) -> Literal[1, 2, 3, 4]:
    """1 suspected mass or aneurysm, 2 contact that displaces or dents, 3 contact or unanswered."""
    leads = leading(sides)
    if leads in {"tumour", "aneurysm", "several"}:
        return 1
    grades = {side.vessel_contact.grade for side in sides.values()}
    if grades & {"deviation", "indentation"}:
        return 2
    return 4 if leads == "none_seen" else 3


def contact_text(contact: VesselContact, sentences: Sentences) -> str:
    """One side's contact in words: vessel, place, distance from the exit point, grade."""
    if contact.vessel is None or contact.segment is None or contact.grade is None:
        raise ValueError("only an answered contact with its measurements has a text")
    return sentences.contact.format(
        vessel=sentences.vessel[contact.vessel.name],
        place=sentences.place[contact.segment],
        distance_mm=f"{contact.distance_from_rexp_mm:.0f}",
        grade=sentences.grade[contact.grade],
    )


def _answers(side: SideFindings) -> tuple[Answer, Answer, Answer]:
    return (side.vessel_contact.answer, side.tumour.answer, side.aneurysm.answer)


def _answered_yes(sides: Sides, name: FindingName) -> list[Side]:
    index = _NAMES.index(name)
    return [side for side in SIDES if _answers(sides[side])[index] == "yes"]


def _side(leads: Leading, sides: Sides) -> ImpressionSide | None:
    if leads in {"none_seen", "cannot_say"}:
        return None
    named: tuple[FindingName, ...] = _NAMES[1:] if leads != "vessel_contact" else _NAMES[:1]
    found = {side for name in named for side in _answered_yes(sides, name)}
    return "both" if len(found) == 2 else found.pop()


def _sentence(leads: Leading, sides: Sides, sentences: Sentences) -> str:
    if leads == "none_seen":
        return sentences.impression.none_seen
    if leads == "cannot_say":
        unanswered = sentences.impression.cannot_say.format(reasons=_unanswered(sides, sentences))
        return " ".join([unanswered, *_no_contact_sentence(sides, sentences)])
    parts = _lesion_sentences(sides, sentences)
    parts += _contact_sentences(sides, sentences, also=bool(parts))
    left_open = _unanswered(sides, sentences)
    return " ".join([*parts, *_no_contact_sentence(sides, sentences), *filter(None, [left_open])])


def _lesion_sentences(sides: Sides, sentences: Sentences) -> list[str]:
    parts = []
    for side in SIDES:
        for text, lesion in (
            (sentences.impression.tumour, sides[side].tumour),
            (sentences.impression.aneurysm, sides[side].aneurysm),
        ):
            if lesion.answer == "yes":
                parts.append(text.format(side=side))
    return parts


def _no_contact_sentence(sides: Sides, sentences: Sentences) -> list[str]:
    """On which sides no vessel touches, whatever else was found or left open."""
    clear = [side for side in SIDES if sides[side].vessel_contact.answer == "no"]
    if len(clear) == 2:
        return [sentences.impression.no_contact_both]
    return [sentences.impression.no_contact.format(side=side) for side in clear]


def _contact_sentences(sides: Sides, sentences: Sentences, *, also: bool) -> list[str]:
    touched = _answered_yes(sides, "vessel_contact")
    texts = {side: contact_text(sides[side].vessel_contact, sentences) for side in touched}
    if not also and len(touched) == 2:
        return [sentences.impression.vessel_contact_both.format(**texts)]
    pattern = sentences.impression.vessel_contact
    if also:
        pattern = sentences.impression.vessel_contact_also
    return [pattern.format(side=side, contact=texts[side]) for side in touched]


def _unanswered(sides: Sides, sentences: Sentences) -> str:
    """What was not answered and why; once where it is the same on both sides."""
    parts: list[str] = []
    for name in _NAMES:
        why = {side: _reasons_unanswered(sides[side], name, sentences) for side in SIDES}
        finding = sentences.finding[name]
        if why["left"] and why["left"] == why["right"]:
            pattern = sentences.impression.unanswered_both
            parts.append(pattern.format(finding=finding, reasons=why["left"]))
            continue
        pattern = sentences.impression.unanswered
        parts += [pattern.format(side=s, finding=finding, reasons=why[s]) for s in SIDES if why[s]]
    return " ".join(parts)


def _reasons_unanswered(side: SideFindings, name: FindingName, sentences: Sentences) -> str:
    """The reasons in words; empty where the finding was answered."""
    findings: dict[FindingName, VesselContact | Tumour | Aneurysm] = {
        "vessel_contact": side.vessel_contact,
        "tumour": side.tumour,
        "aneurysm": side.aneurysm,
    }
    found = findings[name]
    if found.answer != "cannot_say":
        return ""
    return ", ".join(sentences.reason_text(reason, name) for reason in found.reasons)
