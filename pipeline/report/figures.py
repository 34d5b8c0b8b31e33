"""Drawn pictures as figures of a page: embedded files, captions, alternative texts."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from PIL import Image

from pipeline.records.base import Side
from pipeline.records.labels import Label
from pipeline.records.volumes import ImageRole
from pipeline.report.numbers import NO_BREAK_SPACE, filled, joined, shown
from pipeline.report.palette import STROKES, Stroke
from pipeline.report.pictures import Picture, directions, position_text
from pipeline.report.texts import PictureTexts, ReportTexts

_JPEG_QUALITY = 88


@dataclass(frozen=True)
class Figure:
    """grey, outlines, flat: data URIs of the grey picture, its outlines, and of both as one."""

    side: Side | None
    caption: str
    alternative: str
    position: Markup
    grey: str
    outlines: str
    flat: str
    width: int
    height: int


@dataclass(frozen=True)
class LegendEntry:
    """A label's line style and its name."""

    name: str
    stroke: Stroke


def figure(picture: Picture, texts: ReportTexts) -> Figure:
    """Everything that a page needs to show a picture."""
    words, wanted = texts.picture, picture.key_image
    width, height = picture.layers.grey.size
    caption = words.overview_caption
    alternative = f"{words.overview_caption}, {_images(picture.roles, words)}"
    if wanted is not None:
        plane, finding = words.plane[wanted.plane], words.finding[wanted.finding]
        caption = words.caption.format(plane=plane, finding=finding)
        alternative = words.alt.format(
            plane=plane,
            images=_images(picture.roles, words),
            finding=finding,
            side=texts.side.name[wanted.side].lower(),
            position=position_text(wanted.point_lps_mm),
        )
    return Figure(
        side=wanted.side if wanted else None,
        caption=caption,
        alternative=alternative,
        position=_position(picture, words),
        grey=data_uri(picture.layers.grey, "JPEG"),
        outlines=data_uri(picture.layers.outlines, "PNG"),
        flat=data_uri(picture.layers.flat(), "JPEG"),
        width=width,
        height=height,
    )


def legend(texts: PictureTexts) -> tuple[LegendEntry, ...]:
    """All labels in the order of their numbers."""
    names = {Label[name]: text for name, text in texts.label.items()}
    return tuple(LegendEntry(names[label], stroke) for label, stroke in STROKES.items())


def data_uri(image: Image.Image, form: str) -> str:
    """The image as a file of that form, written into a URI."""
    file = io.BytesIO()
    image.save(file, form, quality=_JPEG_QUALITY)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{form.lower()};base64,{content}"


def _images(roles: Sequence[ImageRole], words: PictureTexts) -> str:
    names = [words.image[role] for role in roles]
    return f" {words.and_} ".join(names)


def _position(picture: Picture, words: PictureTexts) -> Markup:
    """Where the picture's middle is, each number bound to the record."""
    if picture.key_image is None:
        return Markup("")
    point = picture.key_image.point_lps_mm
    source = f"key_images.{picture.number}.point_lps_mm"
    texts = []
    for axis, (letter, distance) in enumerate(directions(point)):
        text = f"{letter}{NO_BREAK_SPACE}{distance:.1f}{NO_BREAK_SPACE}mm"
        texts.append(shown(text, point[axis], f"{source}.{axis}"))
    return filled(words.position, position=joined(texts))
