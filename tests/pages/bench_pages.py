"""How quickly the pages are there: `python -m tests.pages.bench_pages OUT`.

first paint: the first words of a worklist of 2,000 studies are on the screen. answering: the page
is loaded, was asked for something (the next study, the outlines away) and has drawn the answer.
In Debian's Chromium, from disk, counted from the start of the navigation; the best of three, every
time in a fresh window.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.paths import OutputFolder
from pipeline.records.worklist import Worklist
from pipeline.report.texts import load_texts
from pipeline.worklist.page import worklist_html

from .chromium import ChromiumMissingError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STUDIES = 2000
_TRIES = 3
_FIRST_PAINT = """() => {
    const look = () => { const paints = performance.getEntriesByName("first-contentful-paint");
        paints.length ? answered(paints[0].startTime) : requestAnimationFrame(look); };
    look();
}"""
_NEXT_STUDY = """() => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    drawn(() => document.activeElement.matches("tr[data-case] a"));
}"""
_OUTLINES_AWAY = """() => {
    document.getElementById("outlines").click();
    drawn(() => getComputedStyle(document.querySelector(".outlines")).visibility === "hidden");
}"""
_ASKING = """
    const answered = (time) => { window.answeredAfter = time; };
    const drawn = (true_now) => requestAnimationFrame(() => requestAnimationFrame(() =>
        answered(true_now() ? performance.now() : "nothing happened")));
    addEventListener("DOMContentLoaded", %s);
"""
"""In the page before its own programs, so that nothing waits for this process. The second of two
animation frames begins when the first one was drawn."""


@dataclass(frozen=True)
class Timing:
    """What was timed, and within how many seconds it is wanted."""

    name: str
    seconds: float
    wanted: float


def measure(output: OutputFolder) -> list[Timing]:
    """Raises ChromiumMissingError."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        many = many_studies(output, Path(folder))
        report = next(iter(sorted(output.root.glob("studies/*/report.html"), key=size))).resolve()
        listed = f"worklist of {STUDIES} studies"
        return [
            Timing(f"{listed}, first paint", best(browser, many, _FIRST_PAINT), 1.0),
            Timing(f"{listed}, answering", best(browser, many, _NEXT_STUDY), 2.0),
            Timing("report, answering", best(browser, report, _OUTLINES_AWAY), 2.0),
        ]


def many_studies(output: OutputFolder, folder: Path) -> Path:
    """A worklist of STUDIES rows, the studies of `output` over and over, with their pictures."""
    shutil.copytree(
        output.root / "studies", folder / "studies", ignore=lambda _, names: without_pages(names)
    )
    listed = Worklist.read(output.worklist_json)
    rows = [listed.studies[n % len(listed.studies)] for n in range(STUDIES)]
    studies = sorted(
        (row.model_copy(update={"case": f"{n:012x}"}) for n, row in enumerate(rows)),
        key=lambda row: row.priority or 0,
    )
    page = folder / "worklist.html"
    many = listed.model_copy(update={"studies": tuple(studies)})
    page.write_text(worklist_html(many, load_texts()), encoding="utf-8")
    return page


def best(browser: Browser, path: Path, question: str) -> float:
    """The shortest time in seconds until a page has answered."""
    times = []
    for _ in range(_TRIES):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(_ASKING % question)
        page.goto(path.as_uri())
        page.wait_for_function("() => window.answeredAfter !== undefined")
        times.append(float(page.evaluate("window.answeredAfter")) / 1000)
        page.close()
    return round(min(times), 3)


def size(path: Path) -> int:
    """Largest first: those without an assessment have no outlines to click."""
    return -path.stat().st_size


def without_pages(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".jpg")}


if __name__ == "__main__":
    try:
        for timing in measure(OutputFolder(Path(sys.argv[1]))):
            print(f"{timing.name}: {timing.seconds} s, wanted {timing.wanted} s")  # noqa: T201
    except ChromiumMissingError as missing:
        print(f"pages: not measured, {missing}")  # noqa: T201
