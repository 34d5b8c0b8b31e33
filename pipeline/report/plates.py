"""The evidence: for each finding its pictures, each beside the other side at the same place.

A plate shows one plane of one place on both sides: the patient's right on the viewer's left, at
the same scale, whichever side the place belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Findings
from pipeline.records.volumes import ImageRole
from pipeline.report.nerve_course import OTHER_SIDE, Place, course, mirrored_place
from pipeline.report.pictures import Picture, StudyImages, View, draw_view
from pipeline.report.texts import Plane

PLANES: tuple[Plane, ...] = ("axial", "oblique_along_nerve", "perpendicular_to_nerve")


@dataclass(frozen=True, eq=False)
class Plate:
    """side: whose narrowest place it is. pictures: by side, None where there is none to show."""

    side: Side
    plane: Plane
    pictures: Mapping[Side, Picture | None]


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
    """The plates of both sides' narrowest places. drawn: the key images, used where they fit."""
    if not images.images:
        return []
    ready = {picture.name: picture for picture in drawn}
    return [
        Plate(side, plane, _pair(side, plane, findings, ready, images, titles))
        for side in sides_in_order(findings)
        if findings.sides[side].vessel_contact.point_lps_mm is not None
        for plane in PLANES
        if plane != "perpendicular_to_nerve" or course(findings.sides[side]) is not None
    ]


def _pair(
    side: Side,
    plane: Plane,
    findings: Findings,
    ready: dict[str, Picture],
    images: StudyImages,
    titles: Mapping[ImageRole, str],
) -> dict[Side, Picture | None]:
    pair: dict[Side, Picture | None] = dict.fromkeys(SIDES)
    for view in (_own(side, plane, findings), _mirrored(side, plane, findings)):
        if view is not None:
            known = ready.get(view.name)
            pair[view.side] = known or draw_view(view, findings, images, titles)
    return pair


def _own(side: Side, plane: Plane, findings: Findings) -> View | None:
    point = findings.sides[side].vessel_contact.point_lps_mm
    if point is None:
        return None
    place = Place(point, f"sides.{side}.vessel_contact.point_lps_mm")
    return View(f"{side}_contact_{plane}", "vessel_contact", side, plane, place)


def _mirrored(side: Side, plane: Plane, findings: Findings) -> View | None:
    other, place = OTHER_SIDE[side], mirrored_place(findings, side)
    followed = course(findings.sides[other]) is not None
    if place is None or (plane == "perpendicular_to_nerve" and not followed):
        return None
    return View(f"{other}_mirrored_{plane}", "vessel_contact", other, plane, place, mirrored=True)
