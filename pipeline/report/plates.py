"""The evidence: for each finding its pictures, each beside the other side at the same place.

A plate shows one plane of one place on both sides: the patient's right on the viewer's left, at
the same scale, whichever side the place belongs to. What was flagged comes first, then the
narrowest places, then what could not be answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Answer, Findings
from pipeline.records.volumes import ImageRole
from pipeline.report.nerve_course import (
    OTHER_SIDE,
    Place,
    course,
    mirrored_narrowest_place,
    mirrored_place,
)
from pipeline.report.pictures import Picture, StudyImages, View, draw_view
from pipeline.report.text_part import Pictured, Plane

PLANES: tuple[Plane, ...] = ("axial", "oblique_along_nerve", "perpendicular_to_nerve")


@dataclass(frozen=True, eq=False)
class Plate:
    """side: whose place it is. pictures: by side, None where there is none to show."""

    side: Side
    finding: Pictured
    plane: Plane
    pictures: Mapping[Side, Picture | None]


@dataclass(frozen=True, eq=False)
class _Bench:
    """What plates are made from. drawn: pictures that are there already."""

    findings: Findings
    drawn: Sequence[Picture]
    images: StudyImages
    titles: Mapping[ImageRole, str]

    def plate(self, own: View, mirrored: View | None) -> Plate:
        """A view of a side beside its counterpart of the other side."""
        pictures: dict[Side, Picture | None] = dict.fromkeys(SIDES)
        pictures[own.side] = self._picture(own)
        if mirrored is not None:
            pictures[mirrored.side] = self._picture(mirrored)
        return Plate(own.side, own.finding, own.plane, pictures)

    def _picture(self, view: View) -> Picture:
        ready = (picture for picture in self.drawn if picture.name == view.name)
        return next(ready, None) or draw_view(view, self.findings, self.images, self.titles)


def sides_in_order(findings: Findings) -> tuple[Side, Side]:
    """The affected side first where it was given, else the side of the impression, else right."""
    named = findings.affected_side or findings.impression.side
    first: Side = "left" if named == "left" else "right"
    return (first, OTHER_SIDE[first])


def plates(
    findings: Findings,
    drawn: Sequence[Picture],
    images: StudyImages,
    titles: Mapping[ImageRole, str],
) -> list[Plate]:
    """The plates of a study. drawn: the key images, used where they fit."""
    if not images.images:
        return []
    bench, order = _Bench(findings, drawn, images, titles), sides_in_order(findings)
    nerves = [
        plate
        for side in order
        for plate in (*_narrowest_place(side, bench), *_root_exit_zone(side, bench))
    ]
    flagged, unanswered = (
        [plate for side in order for plate in _lesions(side, answer, bench)]
        for answer in ("yes", "cannot_say")
    )
    return [*flagged, *nerves, *unanswered]


def _narrowest_place(side: Side, bench: _Bench) -> Iterator[Plate]:
    """Three planes through the narrowest place between nerve and vessel."""
    findings, other = bench.findings, OTHER_SIDE[side]
    point = findings.sides[side].vessel_contact.point_lps_mm
    if point is None:
        return
    own = Place(point, f"sides.{side}.vessel_contact.point_lps_mm")
    there = mirrored_narrowest_place(findings, side)
    for plane in PLANES:
        across = plane == "perpendicular_to_nerve"
        if across and course(findings.sides[side]) is None:
            continue
        mirrored = None
        if there is not None and not (across and course(findings.sides[other]) is None):
            name = f"{other}_mirrored_{plane}"
            mirrored = View(name, "vessel_contact", other, plane, there, mirrored=True)
        name = f"{side}_contact_{plane}"
        yield bench.plate(View(name, "vessel_contact", side, plane, own), mirrored)


def _root_exit_zone(side: Side, bench: _Bench) -> Iterator[Plate]:
    """The root exit zone of a side on which no narrowest place was found."""
    return _recorded(side, "overview", bench)


def _lesions(side: Side, answer: Answer, bench: _Bench) -> Iterator[Plate]:
    """Masses and aneurysms of a side that were answered so."""
    found = bench.findings.sides[side]
    if found.tumour.answer == answer:
        yield from _recorded(side, "tumour", bench)
    if found.aneurysm.answer == answer:
        yield from _recorded(side, "aneurysm", bench)


def _recorded(side: Side, finding: Pictured, bench: _Bench) -> Iterator[Plate]:
    """A key image of the record beside its mirror image."""
    for picture in bench.drawn:
        own = picture.view
        if own is None or (own.side, own.finding) != (side, finding):
            continue
        there, other = (
            mirrored_place(bench.findings, side, own.place.point_lps_mm),
            OTHER_SIDE[side],
        )
        mirrored = None
        if there is not None:
            name = f"{other}_mirrored_{finding}_{own.plane}"
            mirrored = View(name, finding, other, own.plane, there, mirrored=True)
        yield bench.plate(own, mirrored)
