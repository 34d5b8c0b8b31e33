"""Our SEG in somebody else's viewer: OHIF in Chromium, on the sample's T2, out of Orthanc.

Skipped unless NVC_OHIF names the folder of OHIF's built application: `make viewer` fetches it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from ..pages.chromium import ChromiumMissingError, chromium
from .hospital import hospital
from .viewer_site import viewer_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).resolve().parents[2] / "build" / "screenshots" / "dicom-viewer.png"
SEGMENTS = (
    "Brainstem", "Facial nerve, root exit zone", "Facial nerve, cisternal part",
    "Vestibulocochlear nerve", "Arteries", "Veins", "Outlined as mass",
    "Outlined as aneurysm",
)  # fmt: skip
_PATIENCE_MS = 240_000
_TOUR = ".shepherd-modal-overlay-container, .shepherd-element { display: none !important }"
_TO_THE_MIDDLE = """() => {
    const viewport = cornerstone.getEnabledElements()[0].viewport;
    viewport.setProperties({voiRange: {lower: 0, upper: 5000}});
    viewport.scroll(19);
    viewport.render();
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The viewer with the study open."""
    application = Path(os.environ.get("NVC_OHIF", "")).resolve()
    if not (application / "index.html").exists() or "NVC_OHIF" not in os.environ:
        pytest.skip("OHIF's built application is not at hand (make viewer)")
    try:
        with (
            hospital(tmp_path_factory.mktemp("hospital")) as found,
            viewer_site(application, found.archive) as address,
            chromium() as browser,
        ):
            found.send("STOW-RS")
            opened = browser.new_page(viewport={"width": 1280, "height": 800})
            opened.set_default_timeout(_PATIENCE_MS)
            opened.goto(f"{address}/viewer?StudyInstanceUIDs={found.sent.study_instance_uid}")
            opened.add_style_tag(content=_TOUR)
            yield opened
    except ChromiumMissingError as missing:
        pytest.skip(str(missing))


def test_the_segments_are_drawn_on_the_t2(page: Page) -> None:
    ours = page.locator("[data-cy=study-browser-thumbnail-no-image]", has_text="SEG")
    ours.wait_for()
    assert arterial_pixels(page) == 0

    ours.dblclick()
    page.locator("[data-cy=yes-hydrate-btn]").click()
    page.locator("[data-cy=panelSegmentation-btn]").click()
    for segment in SEGMENTS:
        page.get_by_text(segment, exact=True).first.wait_for()
    assert page.locator("[data-cy=viewport-overlay-top-left]").inner_text().endswith("T2W_bFFE_3D")
    page.evaluate(_TO_THE_MIDDLE)
    wait_for_arteries(page)
    time.sleep(5)  # for the picture: the remaining segments

    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)


def wait_for_arteries(page: Page) -> None:
    end = time.monotonic() + 60
    while arterial_pixels(page) < 100:
        assert time.monotonic() < end, "no artery was drawn on the image"
        time.sleep(1)


def arterial_pixels(page: Page) -> int:
    """How many pixels of the image's pane are as red as the SEG's arteries."""
    shot = page.locator("[data-cy=viewport-pane]").screenshot()
    red, green, blue = np.asarray(Image.open(BytesIO(shot)).convert("RGB"), int).transpose(2, 0, 1)
    return int(((red > 180) & (green < 90) & (blue < 90)).sum())
