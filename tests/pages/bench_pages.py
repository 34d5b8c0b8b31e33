"""How quickly the pages are there: `python -m tests.pages.bench_pages OUT`.

first paint: of a worklist with 2,000 studies. interactive: a report is loaded and takes clicks.
Both in Debian's Chromium, from disk, the best of three.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
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
_FIRST_PAINT = """() => new Promise((done) => {
    const look = () => { const paints = performance.getEntriesByName("first-contentful-paint");
        paints.length ? done(paints[0].startTime) : requestAnimationFrame(look); };
    look();
})"""
_INTERACTIVE = """() => { document.getElementById("outlines").click();
    return performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd; }"""


def measure(output: OutputFolder) -> dict[str, float]:
    """Seconds by what was measured. Raises ChromiumMissingError."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        many = many_studies(output, Path(folder))
        report = next(iter(sorted(output.root.glob("studies/*/report.html"), key=size))).resolve()
        return {
            f"first paint of a worklist of {STUDIES} studies": best(browser, many, _FIRST_PAINT),
            "report interactive": best(browser, report, _INTERACTIVE),
        }


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
    """The shortest answer in seconds, every time in a fresh window."""
    answers = []
    for _ in range(_TRIES):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_load_state("domcontentloaded")
        answers.append(page.evaluate(question) / 1000)
        page.close()
    return round(min(answers), 3)


def size(path: Path) -> int:
    """Largest first: those without an assessment have no outlines to click."""
    return -path.stat().st_size


def without_pages(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".jpg")}


if __name__ == "__main__":
    try:
        for name, seconds in measure(OutputFolder(Path(sys.argv[1]))).items():
            print(f"{name}: {seconds} s")  # noqa: T201
    except ChromiumMissingError as missing:
        print(f"pages: not measured, {missing}")  # noqa: T201
