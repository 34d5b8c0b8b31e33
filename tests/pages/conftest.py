"""Pages in a real browser: Debian's Chromium, opened from disk.

With NVC_OUTPUT set to an output folder its own pages are opened, else those of invented studies.
Without Chromium or Playwright these tests are skipped visibly.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline import report, worklist
from pipeline.geometry import Volume
from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.labels import Label
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.runrecord import write_run_record
from pipeline.settings import load_settings
from pipeline.worklist.run_page import write_run_page

from ..report.builders import every_status, head_grid, nerve_point, write_case
from .chromium import ChromiumMissingError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MARK_LPS = (17.0, -30.0, -30.0)
"""A bright cube on the patient's left in the invented T2; there is none on the right."""


@dataclass
class Watched:
    """A page and everything that it asked for or complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path) -> Page:
        self.page.goto(path.resolve().as_uri())
        return self.page

    def left_the_disk(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


def watch(page: Page) -> Watched:
    """From now on every request of a page and every complaint is noted."""
    watched = Watched(page)
    page.on("request", lambda request: watched.requests.append(request.url))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: (
            watched.complaints.append(line.text)
            if line.type == "error" or "Content Security" in line.text
            else None
        ),
    )
    return watched


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as started:
            yield started
    except ChromiumMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, accept_downloads=True, offline=True
    )
    context.set_default_timeout(90_000)  # WebGL without a graphics card on a busy machine
    yield watch(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> OutputFolder:
    """An output folder with a study of every kind; a copy, which tests may change."""
    root = tmp_path_factory.mktemp("pages") / "out"
    given = os.environ.get("NVC_OUTPUT")
    if given:
        shutil.copytree(given, root, ignore=shutil.ignore_patterns("private", "*.npz"))
        return OutputFolder(root)
    return invented(OutputFolder(root))


@pytest.fixture(scope="session")
def cases(output: OutputFolder) -> dict[str, Findings]:
    """The record of every study that has a page."""
    found = (Findings.read(path) for path in sorted(output.root.glob("studies/*/findings.json")))
    return {findings.case: findings for findings in found}


def invented(output: OutputFolder) -> OutputFolder:
    volumes, labels = {"t2": marked_volume(), "tof": marked_volume()}, labelled()
    studies = []
    for number, found in enumerate(every_status().values()):
        study = found.model_copy(update={"case": f"{number:012x}"})
        write_case(output, study, volumes, labels if study.status == "assessed" else None)
        uid = study.study_instance_uid
        studies.append(IntakeStudy(case=study.case, study_instance_uid=uid, series=()))
    Intake(files=9, quarantined=(), studies=tuple(studies)).write(output.intake)
    settings = load_settings()
    report.run(output, [study.case for study in studies], settings)
    worklist.run(output, settings)
    write_run_record(output, settings)
    write_run_page(output)
    return output


def marked_volume() -> Volume:
    grid = head_grid(0.8)
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    near = np.abs(grid.to_lps(index) - MARK_LPS).max(axis=-1) < 3.0
    return Volume((200 + 800 * near).astype(np.int16), grid)


def labelled() -> Volume:
    """Both nerves as thick lines, an artery beside the left one."""
    grid = head_grid(0.8)
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    places = grid.to_lps(index)
    array = np.zeros(grid.shape, dtype=np.uint8)
    for side in ("left", "right"):
        for along in np.arange(0.0, 19.0, 0.5):
            centre = nerve_point(side, along)
            label = Label.FACIAL_NERVE_REZ if along < 10 else Label.FACIAL_NERVE_CISTERNAL
            array[np.linalg.norm(places - centre, axis=-1) < 1.0] = label
    centre = np.array(nerve_point("left", 9.42)) + [0, 0, -2.5]
    array[np.linalg.norm(places - centre, axis=-1) < 1.6] = Label.ARTERY
    return Volume(array, grid)
