"""The worklist as a reading room uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.paths import OutputFolder
from pipeline.records.worklist import Worklist
from pipeline.report.texts import load_texts
from pipeline.worklist.page import worklist_html

from .conftest import Watched


def shown_cases(watched: Watched) -> list[str]:
    rows = watched.page.locator("tr[data-case]:not([hidden])").all()
    return [str(row.get_attribute("data-case")) for row in rows]


def test_nothing_leaves_the_disk_and_nothing_complains(
    watched: Watched, output: OutputFolder
) -> None:
    page = watched.open(output.worklist_html)
    page.wait_for_function(
        """() => [...document.images]
        .filter((image) => image.getBoundingClientRect().bottom < innerHeight)
        .every((image) => image.naturalWidth > 0)"""
    )

    assert page.locator("td.picture img").count() > 0
    assert watched.left_the_disk() == []
    assert watched.complaints == []


def test_filters_and_tallies_show_what_they_say(watched: Watched, output: OutputFolder) -> None:
    rows = Worklist.read(output.worklist_json).studies
    page = watched.open(output.worklist_html)

    assert shown_cases(watched) == [row.case for row in rows]
    page.select_option("[data-filter=side]", "right")
    assert shown_cases(watched) == [row.case for row in rows if row.side == "right"]
    page.select_option("[data-filter=side]", "")
    page.select_option("[data-filter=images]", "limited")
    assert shown_cases(watched) == [row.case for row in rows if row.degraded and row.priority]
    page.select_option("[data-filter=images]", "")
    page.locator("[data-tally=none]").click()
    assert shown_cases(watched) == [row.case for row in rows if row.priority is None]
    page.locator("[data-tally=none]").click()
    page.locator("#filter-text").fill(rows[-1].case)
    assert shown_cases(watched) == [rows[-1].case]
    assert f"1 of {len(rows)}" in page.locator("#shown").inner_text()


def test_sorting_keeps_those_that_need_a_human_on_top(
    watched: Watched, output: OutputFolder
) -> None:
    rows = Worklist.read(output.worklist_json).studies
    page = watched.open(output.worklist_html)
    heading = page.locator("th.column-case button")

    heading.click()
    heading.click()

    assert page.locator("th.column-case").get_attribute("aria-sort") == "descending"
    expected = [
        row.case
        for first in (True, False)
        for row in sorted(rows, key=lambda row: row.case, reverse=True)
        if (row.priority is None) == first
    ]
    assert shown_cases(watched) == expected


def test_keys_go_to_the_next_study_and_open_it(watched: Watched, output: OutputFolder) -> None:
    rows = [row for row in Worklist.read(output.worklist_json).studies if row.report_html]
    page = watched.open(output.worklist_html)

    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == rows[1].case
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/studies/{rows[1].case}/report.html")
    assert rows[1].case in page.locator("h1").inner_text()


def test_who_comes_back_finds_the_list_as_it_was_left(
    watched: Watched, output: OutputFolder
) -> None:
    page = watched.open(output.worklist_html)
    page.select_option("[data-filter=status]", "assessed")
    page.locator("th.column-case button").click()
    page.locator("th.column-case button").click()
    left, read = shown_cases(watched), shown_cases(watched)[1]

    page.locator(f"tr[data-case='{read}'] > th > a").first.click()
    page.wait_for_url("**/report.html")
    page.go_back()
    assert_as_left(watched, left, read)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/studies/{read}/report.html")
    page.locator("nav a").first.click()
    assert_as_left(watched, left, read)


def assert_as_left(watched: Watched, left: list[str], read: str) -> None:
    """The same studies in the same order, the one that was read in focus, the choices said."""
    page = watched.page
    page.wait_for_url("**/worklist.html")
    page.wait_for_function("() => document.activeElement.tagName === 'A'")
    assert shown_cases(watched) == left
    assert page.evaluate("document.activeElement.textContent") == read
    assert page.locator("[data-filter=status]").input_value() == "assessed"
    assert page.locator("th.column-case").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("identified", [False, True], ids=["pseudonyms", "names"])
@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (820, 1180)], ids=str)
def test_the_impression_has_room_on_screen_and_tablet(
    watched: Watched, output: OutputFolder, tmp_path: Path, size: tuple[int, int], identified: bool
) -> None:
    listed = Worklist.read(output.worklist_json)
    if identified:
        names = {"patient_name": "Muster, Erika", "patient_id": "T-77", "study_date": "2024-05-06"}
        rows = tuple(row.model_copy(update=names) for row in listed.studies)
        listed = listed.model_copy(update={"studies": rows})
    path = tmp_path / "worklist.html"
    path.write_text(worklist_html(listed, load_texts()), encoding="utf-8")
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})

    page = watched.open(path)

    box = page.locator("th.column-sentence").bounding_box()
    assert box is not None
    assert box["width"] >= 180
    table = page.locator("table.list").bounding_box()
    assert table is not None
    assert table["x"] + table["width"] <= size[0]  # nothing has to be moved sideways
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", [(1280, 800), (1180, 820), (820, 1180), (400, 800)], ids=str)
def test_a_row_says_everything_at_every_width(
    watched: Watched, output: OutputFolder, tmp_path: Path, size: tuple[int, int]
) -> None:
    words, listed = load_texts().worklist, Worklist.read(output.worklist_json)
    names = {"patient_name": "Muster, Erika", "patient_id": "T-77", "study_date": "2024-05-06"}
    said = {"degraded": ("no_tof",), "review": "agrees", "reviewed_by": ("XY",), **names}
    row = next(row for row in listed.studies if row.status == "assessed").model_copy(update=said)
    path = tmp_path / "worklist.html"
    one = listed.model_copy(update={"studies": (row,)})
    path.write_text(worklist_html(one, load_texts()), encoding="utf-8")
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})

    text = watched.open(path).locator("tr[data-case]").inner_text()

    expected = [words.degraded["no_tof"], words.review["agrees"], "XY", *names.values()]
    for one_of in (*expected, row.sentence, words.finding[row.leading]):
        assert text.count(one_of) == 1, one_of
