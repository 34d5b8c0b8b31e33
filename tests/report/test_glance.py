"""What of a side is seen first, on the page and in the worklist: its lesion, else the contact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.report.drawing import PANEL_PIXELS, Layers
from pipeline.report.pictures import Picture, recorded_view
from pipeline.report.thumbnail import EDGE_PIXELS, thumbnail

from .builders import aneurysm_left, findings, head_grid, tumour_right, write_case
from .test_stage import laid_out, spot_volume


def plain_pictures(found: Findings) -> list[Picture]:
    """Each key image in a grey of its own: 40 for the first, 15 more for each next."""
    edge = (PANEL_PIXELS, PANEL_PIXELS)
    return [
        Picture(
            (view := recorded_view(number, wanted)).name,
            Layers(Image.new("L", edge, 40 + 15 * number), Image.new("RGBA", edge)),
            ("t2",),
            view,
        )
        for number, wanted in enumerate(found.key_images)
    ]


def shown_picture(found: Findings, number: int) -> str:
    """Which key image a side's square of the thumbnail is. number: 0 the right, 1 the left."""
    sheet = thumbnail(plain_pictures(found), found)
    assert sheet is not None
    left = number * (EDGE_PIXELS + 2)
    grey = int(np.asarray(sheet.convert("L"))[EDGE_PIXELS // 2 :, left : left + EDGE_PIXELS].mean())
    return Path(found.key_images[round((grey - 40) / 15)].file).stem


@pytest.mark.parametrize(
    ("found", "right", "left"),
    [
        (findings(), "right_contact_axial", "left_contact_axial"),
        (tumour_right(), "right_tumour_axial", "left_contact_axial"),
        (aneurysm_left(), "right_contact_axial", "left_aneurysm_axial"),
    ],
    ids=["contact", "tumour", "aneurysm"],
)
def test_the_small_picture_shows_what_is_flagged(found: Findings, right: str, left: str) -> None:
    assert shown_picture(found, 0) == right
    assert shown_picture(found, 1) == left


def test_a_card_shows_and_leads_to_what_is_flagged(tmp_path: Path) -> None:
    volume, found = spot_volume(head_grid()), tumour_right()
    folder = write_case(OutputFolder(tmp_path / "out"), found, {"t2": volume})
    page = laid_out(folder, found)

    places = {side: page.glance(side) for side in ("right", "left")}

    named = {
        side: (plate.anchor, plate.own.name)
        for side, plate in places.items()
        if plate is not None and plate.own is not None
    }
    assert named == {
        "right": ("tumour-right", "right_tumour_axial"),
        "left": ("place-left", "left_contact_axial"),
    }
