"""The small picture of the worklist: both sides' narrowest places, the patient's right first."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from pipeline.report.comparison import COLUMNS
from pipeline.report.drawing import PANEL_PIXELS, write
from pipeline.report.pictures import Picture

EDGE_PIXELS = 96
_SHARE = 0.5
"""Part of a key image's first panel that is kept, around its middle."""


def thumbnail(pictures: Sequence[Picture]) -> Image.Image | None:
    """Two squares with their side's letter, or the overview; None without a picture."""
    if not pictures:
        return None
    if pictures[0].view is None:
        return _square(pictures[0], 1.0)
    sheet = Image.new("RGB", (2 * EDGE_PIXELS + 2, EDGE_PIXELS))
    for number, side in enumerate(COLUMNS):
        of_side = (p for p in pictures if p.view and p.view.side == side)
        first = next(of_side, None)
        if first is not None:
            square = _square(first, _SHARE)
            write(ImageDraw.Draw(square), (4, 4), "RL"[number], 18, "lt")
            sheet.paste(square, (number * (EDGE_PIXELS + 2), 0))
    return sheet


def _square(picture: Picture, share: float) -> Image.Image:
    half, middle = share * PANEL_PIXELS / 2, PANEL_PIXELS / 2
    box = (middle - half, middle - half, middle + half, middle + half)
    size = (EDGE_PIXELS, EDGE_PIXELS)
    return picture.layers.flat().resize(size, Image.Resampling.LANCZOS, box=box)
