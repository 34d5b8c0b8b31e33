"""Drawing the unrolled nerve: the images above each other, marked by distance along the nerve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Findings, SideFindings
from pipeline.records.volumes import ImageRole
from pipeline.report.drawing import FINER, Layers, draw_outline, draw_scale_bar, write
from pipeline.report.palette import STROKES
from pipeline.report.pictures import SourceImage, StudyImages
from pipeline.report.unrolled import Unrolled, length_mm, sampled, unrolled, unrolled_outlines

PIXEL_MM = 0.07
_GAP_PIXELS = 6
_ROLES: tuple[ImageRole, ...] = ("t2", "tof")


@dataclass(frozen=True, eq=False)
class UnrolledPicture:
    """A side's nerve from brainstem (left) to canal (right)."""

    name: str
    side: Side
    layers: Layers
    roles: tuple[ImageRole, ...]


def unrolled_pictures(
    findings: Findings, images: StudyImages, titles: Mapping[ImageRole, str], ends: tuple[str, str]
) -> dict[Side, UnrolledPicture]:
    """The sides whose nerve was followed, at one scale. ends: words for brainstem and canal."""
    lengths = {side: length_mm(findings.sides[side]) for side in SIDES}
    width = max((length for length in lengths.values() if length), default=0.0)
    roles = tuple(role for role in _ROLES if role in images.images)
    if not width or not roles:
        return {}
    drawn = {}
    for side in SIDES:
        view = unrolled(findings.sides[side], width, PIXEL_MM)
        if view is not None:
            layers = _layers(view, findings.sides[side], roles, images, titles, ends)
            drawn[side] = UnrolledPicture(f"{side}_nerve_unrolled", side, layers, roles)
    return drawn


def _layers(
    view: Unrolled,
    side: SideFindings,
    roles: Sequence[ImageRole],
    images: StudyImages,
    titles: Mapping[ImageRole, str],
    ends: tuple[str, str],
) -> Layers:
    greys = [_grey(view, images.images[role], titles[role], ends) for role in roles]
    lines = _outlines(view, side, images)
    return Layers(
        _stacked(greys, Image.new("L", (1, 1), 0)),
        _stacked([lines] * len(roles), Image.new("RGBA", (1, 1), (0, 0, 0, 0))),
    )


def _grey(view: Unrolled, image: SourceImage, title: str, ends: tuple[str, str]) -> Image.Image:
    bridge = image.reference_to_volume_lps
    points = view.points_lps @ bridge[:3, :3].T + bridge[:3, 3]
    values = sampled(image.volume, points, outside=image.low)
    share = np.clip((values - image.low) / max(image.high - image.low, 1e-6), 0.0, 1.0)
    picture = Image.fromarray((255 * share).astype(np.uint8))
    _write_marks(picture, view, title, ends)
    return picture


def _write_marks(picture: Image.Image, view: Unrolled, title: str, ends: tuple[str, str]) -> None:
    draw, (width, height) = ImageDraw.Draw(picture), picture.size
    write(draw, (8, 8), title, 22, "lt")
    write(draw, (width // 2, 6), view.top, 20, "mt")
    write(draw, (width // 2, height - 6), view.bottom, 20, "mb")
    write(draw, (8, height - 8), ends[0], 15, "lb")
    write(draw, (width - 8, 8), ends[1], 15, "rt")
    draw_scale_bar(draw, width * view.pixel_mm, (width, height))


def _outlines(view: Unrolled, side: SideFindings, images: StudyImages) -> Image.Image:
    rows, columns = view.points_lps.shape[:2]
    picture = Image.new("RGBA", (columns * FINER, rows * FINER), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for label, lines in unrolled_outlines(images.labels, view) if images.labels else []:
        for line in lines:
            draw_outline(draw, line * picture.size, STROKES[label], FINER / view.pixel_mm)
    _draw_narrowest(draw, view, side)
    return picture.resize((columns, rows), Image.Resampling.BOX)


def _draw_narrowest(draw: ImageDraw.ImageDraw, view: Unrolled, side: SideFindings) -> None:
    """Two strokes above and below the narrowest place, which they leave free."""
    along = side.vessel_contact.distance_from_rexp_mm
    if along is None:
        return
    rows = view.points_lps.shape[0] * FINER
    column = (along - view.first_mm) / view.pixel_mm * FINER
    for start, end in ((0.1, 0.3), (0.7, 0.9)):
        points = [(column, start * rows), (column, end * rows)]
        draw.line(points, fill=(0, 0, 0, 200), width=4 * FINER)
        draw.line(points, fill=(255, 255, 255, 255), width=2 * FINER)


def _stacked(panels: Sequence[Image.Image], background: Image.Image) -> Image.Image:
    width, height = panels[0].size
    sheet = background.resize((width, len(panels) * (height + _GAP_PIXELS) - _GAP_PIXELS))
    for number, panel in enumerate(panels):
        sheet.paste(panel, (0, number * (height + _GAP_PIXELS)))
    return sheet
