"""Pictures of every page of an output folder: `python -m tests.pages.screenshots OUT FOLDER`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings

from .chromium import ChromiumMissingError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SECTIONS = {
    "pictures": "#pictures-section",
    "plot": "section:has(> #profile)",
    "verdict": "section:has(> #verdict)",
    "limits": "section:has(> #limits)",
}
_PATIENCE_MS = 120_000
"""WebGL without a graphics card takes its time on a busy machine."""
_PICTURES_ARE_THERE = """() => [...document.images]
    .filter((image) => image.getBoundingClientRect().top < innerHeight)
    .every((image) => image.complete && image.naturalWidth > 0)"""
_DESKTOP, _TABLET = {"width": 1280, "height": 800}, {"width": 820, "height": 1180}


def take(output: OutputFolder, folder: Path) -> None:
    """Worklist, run page, and of every study its report in parts and its PDF. As PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name in ("worklist", "run"):
            html = output.root / f"{name}.html"
            picture(browser, html, folder / f"{name}.png")
            picture(browser, html, folder / f"{name}-tablet.png", _TABLET)
        for path in sorted(output.root.glob("studies/*/findings.json")):
            found = Findings.read(path)
            of_report(browser, output, found, folder / found.case)
    for path in sorted(output.root.glob("studies/*/report.pdf")):
        of_pdf(path, folder / f"{path.parent.name}-pdf")


def picture(
    browser: Browser, page_file: Path, to: Path, viewport: dict[str, int] = _DESKTOP
) -> None:
    page = opened(browser, page_file, viewport)
    page.screenshot(path=to)
    page.close()


def of_report(browser: Browser, output: OutputFolder, found: Findings, to: Path) -> None:
    html = output.case(found.case).report_html
    picture(browser, html, Path(f"{to}-first.png"))
    picture(browser, html, Path(f"{to}-tablet.png"), _TABLET)
    page = opened(browser, html, _DESKTOP)
    for name, selector in _SECTIONS.items():
        if page.locator(selector).count():
            page.locator(selector).first.screenshot(path=f"{to}-{name}.png")
    if page.locator("#viewer").count():
        page.locator("#viewer").scroll_into_view_if_needed()
        page.wait_for_selector("#viewer-section[data-ready=true]", timeout=_PATIENCE_MS)
        page.wait_for_timeout(500)
        page.locator("#viewer-section").screenshot(path=f"{to}-viewer.png")
    page.close()


def of_pdf(path: Path, to: Path) -> None:
    """Both sheets, in grey as a black-and-white printer makes them."""
    if shutil.which("pdftoppm"):
        command = ["pdftoppm", "-r", "90", "-gray", "-png", str(path), str(to)]
        subprocess.run(command, check=True)


def opened(browser: Browser, path: Path, viewport: dict[str, int]) -> Page:
    page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(path.resolve().as_uri())
    page.wait_for_function(_PICTURES_ARE_THERE)
    page.wait_for_timeout(400)
    return page


if __name__ == "__main__":
    try:
        take(OutputFolder(Path(sys.argv[1])), Path(sys.argv[2]))
    except ChromiumMissingError as missing:
        sys.exit(f"no pictures: {missing}")
