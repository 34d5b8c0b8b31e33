"""Every picture of a study, drawn once for page, PDF and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.records.base import Side
from pipeline.records.findings import Findings
from pipeline.report.drawing import Layers
from pipeline.report.figures import Figures, figure, plate_figures, unrolled_figure
from pipeline.report.pictures import Picture, StudyImages, pictures
from pipeline.report.plates import Plate, plates
from pipeline.report.texts import ReportTexts
from pipeline.report.unrolled_drawing import UnrolledPicture, unrolled_pictures


@dataclass(frozen=True, eq=False)
class Drawn:
    """images: what everything was cut from. key: of the record's key images, or the overview."""

    images: StudyImages
    key: tuple[Picture, ...]
    plates: tuple[Plate, ...]
    unrolled: Mapping[Side, UnrolledPicture]

    def files(self) -> Iterator[tuple[str, Layers]]:
        """Names and pictures that are kept as files of their own."""
        yield from ((picture.name, picture.layers) for picture in self.key)
        for plate in self.plates:
            own = plate.pictures[plate.side]
            if plate.plane == "perpendicular_to_nerve" and own is not None:
                yield own.name, own.layers
        yield from ((picture.name, picture.layers) for picture in self.unrolled.values())

    def figures(self, texts: ReportTexts) -> Figures:
        """All of them as figures of a page; the unrolled nerves in the order right, left."""
        key = tuple(figure(picture, texts) for picture in self.key)
        return Figures(
            key=key,
            plates=tuple(plate_figures(plate, key, texts) for plate in self.plates),
            unrolled=tuple(
                unrolled_figure(self.unrolled[side], texts)
                for side in ("right", "left")
                if side in self.unrolled
            ),
        )


def draw(findings: Findings, images: StudyImages, texts: ReportTexts) -> Drawn:
    """Draw everything that can be drawn."""
    titles = texts.picture.image
    key = pictures(findings, images, titles)
    return Drawn(
        images=images,
        key=tuple(key),
        plates=tuple(plates(findings, key, images, titles)),
        unrolled=unrolled_pictures(findings, images, titles, texts.picture.ends),
    )
