"""The small picture of the worklist: what matters of both sides, the patient's right first."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from pipeline.records.base import Side
from pipeline.records.findings import Findings
from pipeline.report.comparison import COLUMNS
from pipeline.report.drawing import PANEL_PIXELS, write
from pipeline.report.pictures import Picture

EDGE_PIXELS = 96
_SHARE = 0.5
"""Part that is kept of a narrowest place's first panel, around its middle. A lesion's is whole."""


def thumbnail(pictures: Sequence[Picture], findings: Findings) -> Image.Image | None:
    """Two squares with their side's letter, or the overview; None without a picture.

    A side shows its flagged mass or aneurysm, else its narrowest place.
    """
    if not pictures:
        return None
    if pictures[0].view is None:
        return _square(pictures[0], 1.0)
    sheet = Image.new("RGB", (2 * EDGE_PIXELS + 2, EDGE_PIXELS))
    for number, side in enumerate(COLUMNS):
        square = _of_side(pictures, side, findings)
        if square is not None:
            write(ImageDraw.Draw(square), (4, 4), "RL"[number], 18, "lt")
            sheet.paste(square, (number * (EDGE_PIXELS + 2), 0))
    return sheet


def _of_side(pictures: Sequence[Picture], side: Side, findings: Findings) -> Image.Image | None:
    own = [picture for picture in pictures if picture.view and picture.view.side == side]
    found = findings.sides[side]
    lesions = (("tumour", found.tumour), ("aneurysm", found.aneurysm))
    flagged = {name for name, lesion in lesions if lesion.answer == "yes"}
    for picture in own:
        if picture.view and picture.view.finding in flagged:
            return _square(picture, 1.0)
    return _square(own[0], _SHARE) if own else None


def _square(picture: Picture, share: float) -> Image.Image:
    half, middle = share * PANEL_PIXELS / 2, PANEL_PIXELS / 2
    box = (middle - half, middle - half, middle + half, middle + half)
    size = (EDGE_PIXELS, EDGE_PIXELS)
    return picture.layers.flat().resize(size, Image.Resampling.LANCZOS, box=box)
