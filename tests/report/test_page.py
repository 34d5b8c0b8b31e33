"""What the page says, and that it says nothing else than the record."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from pipeline.records.findings import Findings
from pipeline.report.numbers import millimetres, percent
from pipeline.report.patient import Patient, date, person_name
from pipeline.report.render import print_html
from pipeline.report.texts import TEXTS_FILE, load_texts

from .builders import (
    CASE,
    aneurysm_left,
    clear,
    every_status,
    findings,
    one_side_unknown,
    side_findings,
    touching,
    tumour_right,
    unanswered_contact,
    unassessed,
)
from .pages import ShownNumber, html_of, page_of, read_html, read_page

NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize("name", every_status())
def test_every_number_on_page_and_paper_is_the_one_in_the_record(name: str) -> None:
    found = every_status()[name]
    page = page_of(found)

    for html in (html_of(found), print_html(page, 1.0)):
        read = read_html(html)
        for number in read.numbers:
            assert_rounded(number, found)
        assert numbers_outside_the_record(read.text, found) == []


def test_the_page_shows_the_numbers_that_matter() -> None:
    shown = {number.source: number.text for number in read_page(findings()).numbers}

    left = "sides.left.vessel_contact."
    assert shown[left + "min_distance_mm"] == "0.04\u00a0mm"
    assert shown[left + "distance_interval_mm.1"] == "0.3\u00a0mm"
    assert shown[left + "distance_from_rexp_mm"] == "9.4\u00a0mm"
    assert shown[left + "probability"] == "93\u00a0%"
    assert shown["sides.right.vessel_contact.min_distance_mm"] == "2.5\u00a0mm"
    assert shown["sequences.tof.registration_residual_mm"] == "0.3\u00a0mm"


@pytest.mark.parametrize("name", every_status())
def test_every_status_says_what_it_must(name: str) -> None:
    found = every_status()[name]
    texts = load_texts()

    for html in (html_of(found), print_html(page_of(found), 1.0)):
        text = read_html(html).text
        for said in (
            f"Case {found.case}",
            found.impression.sentence,
            texts.research_use,
            texts.evidence.synthetic,
            "44 to 53 %",
            "Deep 2016, Tash 1991",
            *texts.not_looked_for,
            *(texts.degraded[code] for code in found.degraded),
            *(model.version for model in found.models),
            *(model.sha256 for model in found.models),
        ):
            assert said in text


def test_cells_stand_in_the_column_of_their_side() -> None:
    page = page_of(findings())
    answers = page.rows[0]

    assert page.columns == ("Patient's right", "Patient's left")
    assert [str(cell.text) for cell in answers.cells] == ["No contact", "Contact"]
    gap = next(row for row in page.rows if row.heading == "Narrowest gap")
    assert "sides.right." in gap.cells[0].text
    assert "sides.left." in gap.cells[1].text
    cards = html_of(findings()).split("<article")
    assert "No contact" in cards[1]
    assert "Patient&#39;s right" in cards[1]
    assert ">Contact<" in cards[2]


def test_the_affected_side_stands_first_where_it_was_given() -> None:
    assert [card.side for card in page_of(findings()).cards] == ["right", "left"]
    assert [card.side for card in page_of(findings(affected_side="left")).cards] == [
        "left",
        "right",
    ]


def test_a_size_whose_accuracy_was_not_measured_is_not_shown() -> None:
    for found in (findings(), tumour_right(), aneurysm_left()):
        sources = {number.source for number in read_page(found).numbers}
        hidden = "contact_length|deviation|indentation|diameter|volume|area|calibres|difference"
        assert not [source for source in sources if re.search(hidden, source)]


def test_a_measured_number_leads_to_the_place_where_it_was_measured() -> None:
    html = html_of(findings())
    for side in ("left", "right"):
        point = findings().sides[side].vessel_contact.point_lps_mm
        assert point is not None
        ras = f"{-point[0]:.2f},{-point[1]:.2f},{point[2]:.2f}"
        links = re.findall(
            f'<a class="place" href="#place-{side}" data-place="{ras}">(.*?)</a>', html
        )
        assert len(links) >= 2, side
        assert all("<data" in link for link in links[:2])


def test_a_contact_stands_beside_its_base_rate_and_no_contact_without() -> None:
    rows = {row.heading: row for row in page_of(findings()).rows}
    rate = rows["People without symptoms"]

    assert "root exit zone on 21 to 23 %" in rate.cells[1].text
    assert str(rate.cells[0].text) == load_texts().contact.nothing
    cisternal = touching().model_copy(update={"segment": "CP"})
    sides = {"left": side_findings("left", cisternal), "right": side_findings("right", cisternal)}
    cells = {row.heading: row for row in page_of(findings(sides=sides)).rows}[
        "People without symptoms"
    ]
    assert all("anywhere along the nerve" in cell.text for cell in cells.cells)


def test_a_mass_or_aneurysm_is_flagged_and_never_a_percentage() -> None:
    tumour = {row.heading: row for row in page_of(tumour_right()).rows}["Mass"]
    aneurysm = {row.heading: row for row in page_of(aneurysm_left("no_tof")).rows}["Aneurysm"]

    assert tumour.cells[0].text.startswith("Flagged for review")
    assert 'href="#tumour-right"' in tumour.cells[0].text
    assert str(tumour.cells[1].text) == "Not flagged"
    why = "no time-of-flight angiography of the root exit zone"
    assert str(aneurysm.cells[0].text) == f"Cannot say: {why}"
    sources = {number.source for number in read_page(tumour_right()).numbers}
    assert not any(re.search(r"(tumour|aneurysm)\.probability", source) for source in sources)


def test_a_flagged_mass_is_said_as_loudly_as_the_contact() -> None:
    right, left = page_of(tumour_right()).cards

    assert right.flagged == ("Mass: flagged for review",)
    assert left.flagged == ()
    assert '<p class="verdict found">Mass: flagged for review</p>' in html_of(tumour_right())


def test_an_answer_that_the_gap_alone_leaves_open_says_what_it_rests_on() -> None:
    right, left = page_of(findings()).cards
    unanswered = side_findings("left", touching().model_copy(update={"answer": "cannot_say"}))
    sides = {**findings().sides, "left": unanswered}

    assert "leaves a gap" in right.why
    assert "such as how much of a vessel is seen beside the nerve" in left.why
    assert page_of(findings(sides=sides)).cards[1].why.startswith("These images are")


def test_an_interval_clear_of_contact_is_not_said_to_leave_it_open() -> None:
    doubtful = findings().sides["right"].vessel_contact.model_copy(update={"answer": "cannot_say"})
    sides = {**findings().sides, "right": side_findings("right", doubtful)}
    why = page_of(findings(sides=sides)).cards[0].why

    assert why.startswith("By the gap alone there is no contact")
    assert "leaves a gap" not in why


def test_how_often_contact_was_answered_right_stands_on_the_first_screen() -> None:
    base = findings().evidence
    measured = base.accuracy[0].model_copy(update={"finding": "vessel_contact"})
    found = findings(evidence=base.model_copy(update={"accuracy": (measured,)}))

    first = html_of(found).partition('id="baserates"')[0]
    sources = {number.source for number in read_html(first).numbers}

    assert {"evidence.accuracy.0.sensitivity", "evidence.accuracy.0.specificity"} <= sources


def test_a_verdict_that_cannot_be_given_says_why_in_smaller_letters() -> None:
    card = page_of(one_side_unknown()).cards[0]

    assert str(card.verdict.text) == "Cannot say"
    assert card.reasons.startswith("the root exit zone")
    assert f'<span class="reasons">: {card.reasons}</span>' in html_of(one_side_unknown())


def test_a_study_without_assessment_claims_nothing_about_its_images() -> None:
    text = read_page(unassessed("failed", "no disk space")).text

    assert load_texts().sequence.none_used in text
    assert load_texts().sequence.absent not in text


def test_a_side_that_was_not_seen_cannot_be_said() -> None:
    rows = {row.heading: row for row in page_of(one_side_unknown()).rows}

    assert str(rows["Vessel contact"].cells[0].text).startswith("Cannot say: the root exit zone")
    assert rows["Vessel contact"].cells[0].tone == "open"
    assert str(rows["Narrowest gap"].cells[0].text) == "not known"
    assert "outside the images" in rows["Limits on this side"].cells[0].text


def test_a_probability_is_given_even_where_the_answer_is_open() -> None:
    open_answer = unanswered_contact("low_probability_margin").model_copy(
        update={"probability": 0.41, "prevalence_assumed": 0.5}
    )
    sides = {"left": side_findings("left", open_answer), "right": findings().sides["right"]}
    rows = {row.heading: row for row in page_of(findings(sides=sides)).rows}

    assert rows["Probability of contact"].cells[1].text.startswith("About as likely as not, about")


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (
            -2.43,
            "smaller on the patient's left, and the 90 % intervals of the sides do not overlap",
        ),
        (0.01, "same on both sides"),
        (None, ""),
    ],
)
def test_the_difference_of_the_sides_in_words(difference: float | None, said: str) -> None:
    text = page_of(findings(side_difference=difference)).difference

    assert said in text
    assert bool(said) == bool(text)


def test_sides_whose_intervals_overlap_may_be_alike() -> None:
    wide = clear("right").model_copy(update={"distance_interval_mm": (0.2, 7.9)})
    sides = {"left": findings().sides["left"], "right": side_findings("right", wide)}

    assert "the sides may be alike" in page_of(findings(sides=sides)).difference


@pytest.mark.parametrize("name", every_status())
def test_the_page_needs_nothing_from_outside(name: str) -> None:
    html = html_of(every_status()[name])

    inside = ("data:", "#", "../../worklist.html")
    assert all(link.startswith(inside) for link in read_html(html).references)
    assert not re.search(r"url\((?!#)|@import|<script src|<link|<iframe", html)
    assert "default-src 'none'" in html


def test_no_name_stands_on_a_page_unless_the_site_wants_it() -> None:
    patient = Patient("Muster, Erika", "PID-77", "2024-05-06")

    anonymous, named = html_of(findings()), html_of(findings(), patient)

    for identifier in ("Muster, Erika", "PID-77", "2024-05-06"):
        assert identifier in named
        assert identifier in print_html(page_of(findings(), patient), 1.0)
        assert identifier not in anonymous


def test_hostile_texts_are_escaped() -> None:
    attack = '"><script>alert(1)</script><img src=http://evil/x>'
    found = unassessed("failed", attack)

    for html in (
        html_of(found, Patient(attack, attack, attack)),
        print_html(page_of(found, Patient(attack, attack, attack)), 1.0),
    ):
        assert "<script>alert" not in html
        assert "<img src=http" not in html
        assert attack in read_html(html).text


def test_the_affected_side_is_named_where_it_was_given() -> None:
    assert "the patient's left" in read_page(findings(affected_side="left")).text
    assert "as given" not in read_page(findings()).text


def test_no_field_name_and_no_code_is_shown() -> None:
    for found in every_status().values():
        text = read_page(found).text
        for model in found.models:
            text = text.replace(model.name, "")
        text = text.replace(found.evidence.file, "")
        assert not re.findall(r"\b[a-z]+_[a-z_0-9]+\b", text)
        assert "None" not in text


def test_no_contact_shows_no_base_rate_beside_it() -> None:
    sides = {side: side_findings(side, clear(side)) for side in ("left", "right")}
    headings = [row.heading for row in page_of(findings(sides=sides)).rows]

    assert "People without symptoms" not in headings


def test_texts_and_names_for_people() -> None:
    assert person_name("Muster^Erika^Maria^Dr") == "Muster, Erika Maria"
    assert person_name("=[kanji]") == ""
    assert date("20240506") == "2024-05-06"
    assert date("") == ""


def test_text_and_background_differ_enough() -> None:
    """WCAG AA: 4.5 to 1, on both backgrounds, on the screen and in print."""
    css = (TEXTS_FILE.parents[1] / "pipeline/report/templates/base.css").read_text("utf-8")
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = dict(re.findall(r"--(\w+): (#\w+)", block))
        for name in ("text", "quiet", "right", "left", "found", "clear", "open", "link"):
            for ground in ("ground", "panel"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def assert_rounded(number: ShownNumber, found: Findings) -> None:
    """The value is the record's, and the text is it rounded."""
    stored = stored_value(found, number.source)
    assert number.value == stored
    size = abs(stored)
    roundings = {
        "mm": {millimetres(size), f"{size:.2f}"},
        "%": {percent(size)},
        "": {f"{size:.2f}", f"{size:.0f}"},
    }
    text = re.sub("^[LRAPHF]\u00a0", "", number.text)  # of a position, tested by its sign elsewhere
    unit = text.split("\u00a0")[-1] if "\u00a0" in text else ""
    assert text in roundings[unit]


def stored_value(found: Findings, source: str) -> float:
    place: Any = found.model_dump(mode="json")
    for step in source.split("."):
        place = place[int(step)] if isinstance(place, list) else place[step]
    return float(place)


def numbers_outside_the_record(text: str, found: Findings) -> list[str]:
    """Numbers in a text that stand neither in the record's own strings nor in a fixed text."""
    known = [*strings_of(found.model_dump(mode="json")), *strings_of(texts()), CASE, "0.1.0"]
    for said in sorted(known, key=len, reverse=True):
        text = text.replace(said, " ")
    return NUMBER.findall(text)


def texts() -> Any:
    """The page's fixed texts, cut at what is filled in."""
    everything = yaml.safe_load(TEXTS_FILE.read_text("utf-8"))
    return [part for text in strings_of(everything) for part in re.split(r"\{\w+\}", text)]


def strings_of(record: Any) -> list[str]:
    if isinstance(record, str):
        return [re.sub(r"\s+", " ", record)] if NUMBER.search(record) else []
    if isinstance(record, dict):
        return [text for value in record.values() for text in strings_of(value)]
    if isinstance(record, list):
        return [text for value in record for text in strings_of(value)]
    return []


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
