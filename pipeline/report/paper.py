"""The pictures of a PDF: one row for a plane, the patient's right beside the left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.records.base import Side
from pipeline.report.comparison import COLUMNS
from pipeline.report.figures import Figure, Figures, PlateFigures
from pipeline.report.plates import PLANES
from pipeline.report.text_part import Plane
from pipeline.report.texts import PictureTexts

_HIGHEST_MM = 43.0
"""Two panels beside each other then fill a column."""
_ALL_ROWS_MM = 190.0
"""What is left of an A4 sheet at 0.8 of its size for pictures alone, without their captions."""


@dataclass(frozen=True)
class PaperRow:
    """figures: right, left. anchors: names of the places that begin here, of the same sides.

    captioned: whether every figure says what it shows, since the heading does not hold for all.
    """

    heading: str
    figures: tuple[Figure | None, Figure | None]
    anchors: tuple[str, str] = ("", "")
    captioned: bool = False


def paper_rows(figures: Figures, words: PictureTexts) -> tuple[PaperRow, ...]:
    """Rows in the order of the plates.

    The narrowest places of both sides share their rows: each side is shown at its own one, and
    only a side without at that of the other.
    """
    lesions = [plate for plate in figures.plates if plate.is_lesion]
    nerves = [plate for plate in figures.plates if not plate.is_lesion]
    before = figures.plates.index(nerves[0]) if nerves else len(lesions)
    return (
        *(_alone(plate) for plate in lesions[:before]),
        *_nerve_rows(nerves, words),
        *_unrolled_row(figures, words),
        *(_alone(plate) for plate in lesions[before:]),
    )


def picture_height_mm(rows: int) -> float:
    """How high pictures are drawn so that so many rows fit a sheet above what they rest on."""
    return min(_HIGHEST_MM, _ALL_ROWS_MM / max(rows, 1))


def _alone(plate: PlateFigures) -> PaperRow:
    (right, shown_right), (left, shown_left) = plate.figures
    anchors = tuple(plate.anchor if side == plate.side else "" for side in (right, left))
    return PaperRow(plate.heading, (shown_right, shown_left), (anchors[0], anchors[1]))


def _nerve_rows(plates: Sequence[PlateFigures], words: PictureTexts) -> Iterator[PaperRow]:
    for plane in PLANES:
        right, left = (_shown(plates, plane, side) for side in COLUMNS)
        if right is None and left is None:
            continue
        anchors = [_anchor(plates, plane, side) for side in COLUMNS]
        mixed = any(one.finding == "overview" for one in plates if one.plane == plane)
        heading = words.plane[plane] if mixed else words.paper.format(plane=words.plane[plane])
        yield PaperRow(heading, (right, left), (anchors[0], anchors[1]), captioned=mixed)


def _shown(plates: Sequence[PlateFigures], plane: Plane, side: Side) -> Figure | None:
    """A side's own figure of a plane, else its counterpart of the other side's place."""
    here = sorted((one for one in plates if one.plane == plane), key=lambda one: one.side != side)
    return next(
        (figure for one in here for at, figure in one.figures if at == side and figure), None
    )


def _anchor(plates: Sequence[PlateFigures], plane: Plane, side: Side) -> str:
    """The name of a side's place, which stands on its first row alone."""
    own = [plate for plate in plates if plate.side == side]
    return own[0].anchor if own and own[0].plane == plane else ""


def _unrolled_row(figures: Figures, words: PictureTexts) -> Iterator[PaperRow]:
    by_side = {figure.side: figure for figure in figures.unrolled}
    if by_side:
        yield PaperRow(words.unrolled_heading, (by_side.get("right"), by_side.get("left")))
