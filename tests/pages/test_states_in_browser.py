"""Every page in every state that a reader brings it into: accessible, quiet, and by any input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings

from .accessibility import violations
from .conftest import Watched, watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

READY = "#viewer-section[data-ready=true]"
PATIENCE_MS = 90_000
DESKTOP, TABLET = {"width": 1280, "height": 800}, {"width": 820, "height": 1180}
CROSS = "[...window.nvcViewer.planes.frac2mm(window.nvcViewer.planes.scene.crosshairPos)]"


def assessed(cases: dict[str, Findings]) -> Findings:
    """A study with something flagged if there is one: its page has the most on it."""
    found = [one for one in cases.values() if one.status == "assessed"]
    return min(found, key=lambda one: one.priority or 9)


def pages_of(output: OutputFolder, cases: dict[str, Findings]) -> dict[str, Path]:
    """One page of each kind: with and without an assessment, the worklist, the run."""
    without = [one for one in cases.values() if one.status != "assessed"]
    return {
        "report": output.case(assessed(cases).case).report_html,
        "unassessed": output.case(without[0].case).report_html,
        "worklist": output.worklist_html,
        "run": output.run_html,
    }


@pytest.fixture
def touched(browser: Browser) -> Iterator[Watched]:
    """A page on a tablet without mouse and keyboard."""
    context = browser.new_context(viewport=TABLET, has_touch=True, offline=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    yield watch(context.new_page())
    context.close()


_SCREEN, _TABLET, _PRINT = ("screen", DESKTOP), ("screen", TABLET), ("print", DESKTOP)


@pytest.mark.parametrize(
    ("name", "media", "size"),
    [
        *((name, *_SCREEN) for name in ("worklist", "run")),  # reports: test_report_in_browser
        *((name, *_TABLET) for name in ("report", "unassessed", "worklist", "run")),
        *((name, *_PRINT) for name in ("report", "unassessed", "worklist", "run")),
    ],
    ids=lambda value: f"{value['width']}" if isinstance(value, dict) else value,
)
def test_a_page_is_accessible_and_quiet(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings],
    name: str, media: str, size: dict[str, int],
) -> None:  # fmt: skip
    watched.page.emulate_media(media=media)  # type: ignore[arg-type]
    watched.page.set_viewport_size(size)  # type: ignore[arg-type]

    page = watched.open(pages_of(output, cases)[name])

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert watched.left_the_disk() == []
    assert watched.complaints == []


def test_a_report_in_use_is_accessible_and_quiet(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    """A finding in the viewer, the outlines switched off, a verdict without initials."""
    page = watched.open(output.case(assessed(cases).case).report_html)

    page.locator(".card a.place").first.click()
    page.wait_for_selector(READY, timeout=PATIENCE_MS)
    page.locator("#outlines").uncheck()
    page.locator("#verdict-form button[type=submit]").click()

    assert "initials" in page.locator("#verdict-status").inner_text()
    assert violations(page) == []
    assert watched.left_the_disk() == []
    assert watched.complaints == []


def test_a_worklist_in_use_is_accessible(watched: Watched, output: OutputFolder) -> None:
    page = watched.open(output.worklist_html)
    page.keyboard.press("j")
    page.locator("th.column-case button").click()
    page.locator("[data-tally=none]").click()

    assert violations(page) == []
    assert watched.complaints == []


def test_with_the_keyboard_alone_a_number_leads_to_its_place(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    page = watched.open(output.case(assessed(cases).case).report_html)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('skip')")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.card dd a.place')"):
            break
    place = page.evaluate("document.activeElement.dataset.place")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector(READY, timeout=PATIENCE_MS)
    page.wait_for_timeout(300)

    wanted = np.array([float(value) for value in place.split(",")])
    assert np.allclose(page.evaluate(CROSS)[:3], wanted, atol=0.5)


def test_a_touch_opens_the_study_and_moves_the_cross(
    touched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    found = assessed(cases)
    page = touched.open(output.worklist_html)

    page.locator(f"tr[data-case='{found.case}'] > th > a").first.tap()
    page.wait_for_url(f"**/{found.case}/report.html")
    page.locator(".card dd a.place").first.tap()
    page.wait_for_selector(READY, timeout=PATIENCE_MS)
    page.wait_for_timeout(300)
    before = page.evaluate(CROSS)[:3]
    press_with_a_finger(page, "#viewer-planes", across=0.15, down=0.5)
    page.wait_for_timeout(300)

    assert not np.allclose(page.evaluate(CROSS)[:3], before, atol=0.5)
    assert touched.left_the_disk() == []
    assert touched.complaints == []


def press_with_a_finger(page: Page, selector: str, across: float, down: float) -> None:
    """Touch an element for a tenth of a second, as a finger does; Playwright taps in no time."""
    element = page.locator(selector)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    place = {"x": box["x"] + across * box["width"], "y": box["y"] + down * box["height"]}
    tablet = page.context.new_cdp_session(page)
    tablet.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [place]})
    page.wait_for_timeout(100)
    tablet.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
