"""Leading finding, side, priority and sentence, from a table of cases."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import yaml

from pipeline.assess.impression import impression, leading, priority
from pipeline.assess.key_images import key_images
from pipeline.assess.sentences import SENTENCES_FILE, load_sentences
from pipeline.assess.study import Yardstick, assess_side
from pipeline.records.base import Side
from pipeline.records.findings import Grade, Reason, Segment, SideFindings, VesselName

from . import simulated

Sides = dict[Side, SideFindings]


@pytest.fixture(scope="module")
def clear_side(yardstick: Yardstick) -> SideFindings:
    """A side on which everything was answered no."""
    side = simulated.side_measurements(contact=simulated.contact_measurement(2.5))
    found = assess_side(side, simulated.inputs(), yardstick, looked_at=True)
    assert {found.vessel_contact.answer, found.tumour.answer, found.aneurysm.answer} == {"no"}
    return found


def _with(side: SideFindings, **answers: Any) -> SideFindings:
    changes: dict[str, Any] = {}
    for name, answer in answers.items():
        if name == "grade":
            continue
        more: dict[str, Any] = {"answer": answer}
        if answer == "cannot_say":
            more["reasons"] = ("low_probability_margin",)
        if name == "vessel_contact":
            more["grade"] = answers.get("grade", "contact") if answer == "yes" else None
        elif answer == "yes":
            more |= {"max_diameter_mm": 7.4, "centroid_lps_mm": (1.0, 2.0, 3.0)}
        changes[name] = getattr(side, name).model_copy(update=more)
    return side.model_copy(update=changes)


CONTACT = {"vessel_contact": "yes"}
CASES: list[tuple[dict[str, str], dict[str, str], str, str | None, int]] = [
    ({}, {}, "none_seen", None, 4),
    (CONTACT, {}, "vessel_contact", "left", 3),
    ({}, CONTACT, "vessel_contact", "right", 3),
    (CONTACT, CONTACT, "vessel_contact", "both", 3),
    (CONTACT | {"grade": "deviation"}, {}, "vessel_contact", "left", 2),
    ({}, CONTACT | {"grade": "indentation"}, "vessel_contact", "right", 2),
    ({"tumour": "yes"}, CONTACT, "tumour", "left", 1),
    (CONTACT, {"aneurysm": "yes"}, "aneurysm", "right", 1),
    ({"tumour": "yes"}, {"aneurysm": "yes"}, "several", "both", 1),
    ({"tumour": "yes", "aneurysm": "yes"}, {}, "several", "left", 1),
    ({"tumour": "yes"}, {"tumour": "yes"}, "tumour", "both", 1),
    ({"aneurysm": "cannot_say"}, {}, "cannot_say", None, 3),
    ({}, {"vessel_contact": "cannot_say"}, "cannot_say", None, 3),
    (CONTACT, {"aneurysm": "cannot_say"}, "vessel_contact", "left", 3),
    ({"tumour": "cannot_say"}, {"aneurysm": "yes"}, "aneurysm", "right", 1),
]


@pytest.mark.parametrize(("left", "right", "leads", "side", "urgency"), CASES)
def test_rules(
    clear_side: SideFindings,
    left: dict[str, str],
    right: dict[str, str],
    leads: str,
    side: str | None,
    urgency: int,
) -> None:
    sides: Sides = {"left": _with(clear_side, **left), "right": _with(clear_side, **right)}
    assert leading(sides) == leads
    assert priority(sides) == urgency
    found = impression(sides, load_sentences())
    assert (found.leading, found.side) == (leads, side)
    assert "{" not in found.sentence
    if side in {"left", "right"}:
        assert f"patient's {side}" in found.sentence


def test_sentence_of_a_contact(clear_side: SideFindings) -> None:
    sides: Sides = {"left": _with(clear_side, **CONTACT), "right": clear_side}
    assert impression(sides, load_sentences()).sentence == (
        "Vessel contact on the patient's left: a vessel that could not be identified on the "
        "attached segment along the pons, about 5 mm from the root exit point; touching; no "
        "displacement measured, which does not exclude it. No vessel contact seen on the "
        "patient's right."
    )


def test_what_was_left_open_is_said_beside_what_was_found(clear_side: SideFindings) -> None:
    sides: Sides = {
        "left": _with(clear_side, **CONTACT, aneurysm="cannot_say"),
        "right": _with(clear_side, vessel_contact="cannot_say", aneurysm="cannot_say"),
    }
    sentence = impression(sides, load_sentences()).sentence
    assert sentence.endswith(
        "Patient's right: vessel contact not answered (contact and a narrow gap could not be told "
        "apart). Both sides: aneurysm not answered (signs of an aneurysm too weak to decide)."
    )
    assert "No vessel contact" not in sentence


def test_sentence_of_a_mass_mentions_a_contact_beside_it(clear_side: SideFindings) -> None:
    sides: Sides = {
        "left": _with(clear_side, tumour="yes"),
        "right": _with(clear_side, **CONTACT),
    }
    sentence = impression(sides, load_sentences()).sentence
    assert sentence.startswith("Possible mass on the patient's left: flagged for review.")
    assert "7" not in sentence  # its diameter, whose accuracy was never measured
    assert "Vessel contact also on the patient's right" in sentence


def test_sentence_of_the_unanswered_names_each_once(clear_side: SideFindings) -> None:
    both: Sides = {
        "left": _with(clear_side, aneurysm="cannot_say", vessel_contact="cannot_say"),
        "right": _with(clear_side, aneurysm="cannot_say"),
    }
    sentence = impression(both, load_sentences()).sentence
    assert sentence.count("aneurysm not answered") == 1
    assert "Both sides: aneurysm not answered" in sentence
    assert "Patient's left: vessel contact not answered" in sentence
    assert sentence.endswith("No vessel contact seen on the patient's right.")


def test_sentence_of_the_unanswered_says_what_was_answered(clear_side: SideFindings) -> None:
    sides: Sides = {"left": _with(clear_side, aneurysm="cannot_say"), "right": clear_side}
    sentence = impression(sides, load_sentences()).sentence
    assert sentence.startswith("Cannot say. Patient's left: aneurysm not answered")
    assert sentence.endswith("No vessel contact seen on either side.")


def test_key_images_cover_contact_and_lesions(clear_side: SideFindings) -> None:
    bare = clear_side.model_copy(
        update={
            "vessel_contact": clear_side.vessel_contact.model_copy(update={"point_lps_mm": None})
        }
    )
    images = key_images({"left": _with(clear_side, tumour="yes"), "right": bare})
    assert [image.file for image in images] == [
        "key_images/left_contact_axial.png",
        "key_images/left_contact_oblique_along_nerve.png",
        "key_images/left_tumour_axial.png",
        "key_images/right_overview_axial.png",
    ]
    assert images[3].point_lps_mm == clear_side.rez_lps_mm
    assert images[2].side == "left"


def test_the_table_has_a_text_for_every_word_of_the_contract() -> None:
    table = load_sentences()
    assert set(table.reason) == set(get_args(Reason))
    assert set(table.grade) == set(get_args(Grade))
    assert set(table.place) == set(get_args(Segment))
    assert set(table.vessel) == set(get_args(VesselName))


def test_no_sentence_claims_a_cause() -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in texts(inner)]
        return [str(value)]

    table = yaml.safe_load(SENTENCES_FILE.read_text(encoding="utf-8"))
    for text in texts(table):
        assert not re.search(r"\bcaus|responsible|culprit|offending|explains", text, re.IGNORECASE)


def test_a_wide_basilar_artery_is_a_sentence_of_its_own(clear_side: SideFindings) -> None:
    sides: Sides = {"left": clear_side, "right": clear_side}
    usual = impression(sides, load_sentences(), ectatic=False)
    flagged = impression(sides, load_sentences(), ectatic=True)
    assert (flagged.leading, flagged.side) == (usual.leading, usual.side) == ("none_seen", None)
    assert flagged.sentence.startswith(usual.sentence)
    assert "dolichoectasia" in flagged.sentence
    assert "aneurysm" not in flagged.sentence.removeprefix(usual.sentence)
