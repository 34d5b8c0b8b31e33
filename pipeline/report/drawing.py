"""Drawing a key image: grey panels with their marks, and the outlines as a layer of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.records.labels import Label
from pipeline.report.palette import STROKES, Stroke
from pipeline.report.slices import Outline

PANEL_PIXELS = 440
"""Edge of a panel; about 0.1 mm a pixel in the usual field of view."""
_GAP_PIXELS = 6
FINER = 2
"""Outlines are drawn this much larger and then reduced, for smooth lines."""
_LINE_PIXELS = 1.9
_HALO_PIXELS = 1.4
_TEXT, _HALO = 235, 0


@dataclass(frozen=True, eq=False)
class Panel:
    """One image in the view plane. grey: brightness 0..1, shape (rows, columns)."""

    title: str
    grey: NDArray[np.float32]


@dataclass(frozen=True)
class Marks:
    """What is written on every panel. letters: patient directions at the edges.

    ticks: whether the middle is pointed at.
    """

    letters: Mapping[str, str]
    position: str
    size_mm: float
    ticks: bool


@dataclass(frozen=True, eq=False)
class Layers:
    """A key image. grey: panels side by side with their marks. outlines: see-through, same size."""

    grey: Image.Image
    outlines: Image.Image

    def flat(self) -> Image.Image:
        """Both as one picture."""
        return Image.alpha_composite(self.grey.convert("RGBA"), self.outlines).convert("RGB")


def draw_layers(
    panels: Sequence[Panel], lines: Sequence[tuple[Label, Sequence[Outline]]], marks: Marks
) -> Layers:
    """Panels from left to right, every one with the same marks and outlines."""
    outlined = _outline_panel(lines, marks)
    greys = [_grey_panel(panel, marks) for panel in panels]
    return Layers(
        _side_by_side(greys, Image.new("L", (1, 1), 0)),
        _side_by_side([outlined] * len(panels), Image.new("RGBA", (1, 1), (0, 0, 0, 0))),
    )


def scale_bar_mm(size_mm: float) -> float:
    """A round length of about a fifth of the picture's width."""
    return max(length for length in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if length <= size_mm / 4)


def _side_by_side(panels: Sequence[Image.Image], background: Image.Image) -> Image.Image:
    width = len(panels) * (PANEL_PIXELS + _GAP_PIXELS) - _GAP_PIXELS
    sheet = background.resize((width, PANEL_PIXELS))
    for number, panel in enumerate(panels):
        sheet.paste(panel, (number * (PANEL_PIXELS + _GAP_PIXELS), 0))
    return sheet


def _grey_panel(panel: Panel, marks: Marks) -> Image.Image:
    values = np.clip(np.nan_to_num(panel.grey), 0.0, 1.0)
    image = Image.fromarray((255 * values).astype(np.uint8))
    if image.size != (PANEL_PIXELS, PANEL_PIXELS):
        image = image.resize((PANEL_PIXELS, PANEL_PIXELS), Image.Resampling.BICUBIC)
    _write_marks(ImageDraw.Draw(image), panel.title, marks)
    return image


def _write_marks(draw: ImageDraw.ImageDraw, title: str, marks: Marks) -> None:
    end, middle, inset = PANEL_PIXELS, PANEL_PIXELS // 2, 8
    places = {
        "left": ((inset, middle), "lm"),
        "right": ((end - inset, middle), "rm"),
        "top": ((middle, inset), "mt"),
        "bottom": ((middle, end - inset), "mb"),
    }
    for edge, (place, anchor) in places.items():
        write(draw, place, marks.letters[edge], 26, anchor)
    write(draw, (inset, inset), title, 22, "lt")
    write(draw, (inset, inset + 30), marks.position, 17, "lt")  # clear of all the letters
    draw_scale_bar(draw, marks.size_mm, (PANEL_PIXELS, PANEL_PIXELS))


def draw_scale_bar(draw: ImageDraw.ImageDraw, size_mm: float, corner: tuple[int, int]) -> None:
    """A bar with its length at the lower right. corner: width and height of the picture.

    size_mm: what the picture is wide.
    """
    length = scale_bar_mm(size_mm)
    end, low = corner[0] - 12, corner[1] - 14
    start = end - round(length * corner[0] / size_mm)
    draw.rectangle((start - 1, low - 1, end + 1, low + 4), fill=_HALO)
    draw.rectangle((start, low, end, low + 3), fill=_TEXT)
    write(draw, ((start + end) // 2, low - 6), f"{length:.0f} mm", 17, "mb")


def write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, anchor: str
) -> None:
    """Light text with a dark rim. anchor: of Pillow, what of the text lies at `place`."""
    draw.text(
        place,
        text,
        fill=_TEXT if draw.mode == "L" else (_TEXT, _TEXT, _TEXT),
        font=ImageFont.load_default(size),
        anchor=anchor,
        stroke_width=2,
        stroke_fill=_HALO,
    )


def _outline_panel(lines: Sequence[tuple[Label, Sequence[Outline]]], marks: Marks) -> Image.Image:
    edge = PANEL_PIXELS * FINER
    image = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    pixels_per_mm = edge / marks.size_mm
    for label, outlines in lines:
        for outline in outlines:
            draw_outline(draw, outline * edge, STROKES[label], pixels_per_mm)
    if marks.ticks:
        _draw_ticks(draw, edge)
    return image.resize((PANEL_PIXELS, PANEL_PIXELS), Image.Resampling.BOX)


def draw_outline(
    draw: ImageDraw.ImageDraw, line: Outline, stroke: Stroke, pixels_per_mm: float
) -> None:
    """A line in pixels of a picture that is FINER times too large, with a dark rim."""
    width = stroke.width * _LINE_PIXELS * FINER
    pieces = [line] if stroke.dash is None else dashes(line, stroke.dash, pixels_per_mm)
    for piece in pieces:
        points = [(float(column), float(row)) for column, row in piece]
        halo = round(width + _HALO_PIXELS * FINER)
        draw.line(points, fill=(0, 0, 0, 150), width=halo, joint="curve")
        draw.line(points, fill=stroke.colour, width=max(1, round(width)), joint="curve")


def dashes(line: Outline, dash_mm: tuple[float, float], pixels_per_mm: float) -> list[Outline]:
    """The pieces of a line, shape (N, 2) in pixels, that a dash leaves visible."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / pixels_per_mm
    period = sum(dash_mm)
    pieces = []
    for start in np.arange(0.0, along[-1], period):
        end = min(start + dash_mm[0], along[-1])
        inside = along[(along > start) & (along < end)]
        places = np.concatenate([[start], inside, [end]])
        pieces.append(np.column_stack([np.interp(places, along, line[:, k]) for k in (0, 1)]))
    return pieces


def _draw_ticks(draw: ImageDraw.ImageDraw, edge: int) -> None:
    """Four strokes that point at the middle and leave it free."""
    middle, near, far = edge / 2, edge * 0.045, edge * 0.075
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        points = [(middle + across * reach, middle + down * reach) for reach in (near, far)]
        draw.line(points, fill=(0, 0, 0, 200), width=4 * FINER)
        draw.line(points, fill=(255, 255, 255, 255), width=2 * FINER)
