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
from pipeline.report.drawing import Layers
from pipeline.report.nerve_course import Place
from pipeline.report.numbers import NO_BREAK_SPACE, filled, joined, shown
from pipeline.report.palette import STROKES, Stroke
from pipeline.report.pictures import Picture, View, directions, position_text
from pipeline.report.place_links import picture_anchor
from pipeline.report.plates import Plate
from pipeline.report.text_part import Pictured, Plane
from pipeline.report.texts import PictureTexts, ReportTexts
from pipeline.report.unrolled_drawing import UnrolledPicture
from pipeline.report.viewer import ras_text

_JPEG_QUALITY = 85


@dataclass(frozen=True)
class Figure:
    """grey, outlines: data URIs of the grey picture and of its outlines; flat: of both as one.

    side: None for an overview. place: where the viewer goes to from it, empty where nowhere.
    """

    name: str
    side: Side | None
    caption: str
    alternative: str
    position: Markup
    place: str
    grey: str
    outlines: str
    flat: str
    width: int
    height: int
    mirrored: bool = False


@dataclass(frozen=True)
class PlateFigures:
    """One plane of one place: heading, whose place, and both sides' figures (right, left).

    anchor: name of the place on the page.
    """

    heading: str
    anchor: str
    side: Side
    finding: Pictured
    plane: Plane
    figures: tuple[tuple[Side, Figure | None], ...]

    @property
    def is_lesion(self) -> bool:
        """Whether it shows a mass or an aneurysm, which may fill the picture."""
        return self.finding in {"tumour", "aneurysm"}

    @property
    def own(self) -> Figure | None:
        """The figure of the side whose place it is."""
        return dict(self.figures)[self.side]


@dataclass(frozen=True)
class LegendEntry:
    """A label's line style and its name."""

    name: str
    stroke: Stroke


@dataclass(frozen=True)
class Figures:
    """Every figure of a page. key: of the record's key images, or the overview alone."""

    key: tuple[Figure, ...] = ()
    plates: tuple[PlateFigures, ...] = ()
    unrolled: tuple[Figure, ...] = ()


def figure(picture: Picture, texts: ReportTexts) -> Figure:
    """Everything that a page needs to show a picture."""
    words, view = texts.picture, picture.view
    if view is None:
        alternative = f"{words.overview_caption}, {_images(picture.roles, words)}"
        return _figure(picture.name, picture.layers, words.overview_caption, alternative)
    plane = words.plane[view.plane]
    caption = words.mirrored if view.mirrored else words.finding[view.finding]
    alternative = words.alt.format(
        plane=plane,
        images=_images(picture.roles, words),
        finding=caption,
        side=texts.side.name[view.side].lower(),
        position=position_text(view.place.point_lps_mm),
    )
    return _figure(picture.name, picture.layers, caption, alternative, view, words)


def plate_figures(plate: Plate, known: Sequence[Figure], texts: ReportTexts) -> PlateFigures:
    """Both figures of a plate. known: figures that are there already, by their names."""
    words, ready = texts.picture, {one.name: one for one in known}
    pattern = words.plate if plate.finding == "vessel_contact" else words.plate_of
    heading = pattern.format(
        plane=words.plane[plate.plane],
        finding=words.finding[plate.finding],
        side=texts.side.name[plate.side].lower(),
    )
    right, left = (
        None if picture is None else ready.get(picture.name) or figure(picture, texts)
        for picture in (plate.pictures["right"], plate.pictures["left"])
    )
    return PlateFigures(
        heading=heading,
        anchor=picture_anchor(plate.side, plate.finding),
        side=plate.side,
        finding=plate.finding,
        plane=plate.plane,
        figures=(("right", right), ("left", left)),
    )


def unrolled_figure(picture: UnrolledPicture, texts: ReportTexts) -> Figure:
    """The unrolled nerve of a side."""
    words = texts.picture
    side = texts.side.name[picture.side]
    alternative = words.unrolled_alt.format(images=_images(picture.roles, words), side=side.lower())
    made = _figure(picture.name, picture.layers, words.unrolled, alternative)
    return Figure(**{**made.__dict__, "side": picture.side})


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


def _figure(
    name: str,
    layers: Layers,
    caption: str,
    alternative: str,
    view: View | None = None,
    words: PictureTexts | None = None,
) -> Figure:
    width, height = layers.grey.size
    return Figure(
        name=name,
        side=view.side if view else None,
        caption=caption,
        alternative=alternative,
        position=_position(view.place, words) if view and words else Markup(""),
        place=ras_text(view.place.point_lps_mm) if view else "",
        grey=data_uri(layers.grey, "JPEG"),
        outlines=data_uri(_few_colours(layers.outlines), "PNG"),
        flat=data_uri(layers.flat(), "JPEG"),
        width=width,
        height=height,
        mirrored=bool(view and view.mirrored),
    )


def _few_colours(outlines: Image.Image) -> Image.Image:
    """The outlines with 64 colours: a third of the size, no visible difference."""
    return outlines.quantize(64, Image.Quantize.FASTOCTREE)


def _images(roles: Sequence[ImageRole], words: PictureTexts) -> str:
    names = [words.image[role] for role in roles]
    return f" {words.and_} ".join(names)


def _position(place: Place, words: PictureTexts) -> Markup:
    """Where the picture's middle is, each number bound to the record."""
    if not place.source:
        return Markup("")
    texts = []
    for axis, (letter, distance) in enumerate(directions(place.point_lps_mm)):
        text = f"{letter}{NO_BREAK_SPACE}{distance:.1f}{NO_BREAK_SPACE}mm"
        texts.append(shown(text, place.point_lps_mm[axis], f"{place.source}.{axis}"))
    return filled(words.position, position=joined(texts))
