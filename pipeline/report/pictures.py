"""From a view of the findings to a drawn picture: plane, panels, outlines, position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Volume
from pipeline.records.base import Point, Side
from pipeline.records.findings import Findings, KeyImage, SideFindings
from pipeline.records.volumes import ImageRole
from pipeline.report.drawing import PANEL_PIXELS, Layers, Marks, Panel, draw_layers
from pipeline.report.nerve_course import OTHER_SIDE, Place, course
from pipeline.report.slices import cut, outlines
from pipeline.report.text_part import Pictured, Plane
from pipeline.report.view_plane import ViewPlane, across_nerve, along_nerve, axial

_FIELD_MM = 40.0
"""Usual width of a picture: from the midline of the brainstem to the end of the canal."""
_ACROSS_FIELD_MM = 20.0
"""Width of a picture across the nerve, which itself measures 1 to 2 mm."""
_LESION_MARGIN_MM = 16.0
_OUTLINE_PIXELS = 220
_OVERVIEW_LARGEST_MM = 220.0

ROLES: dict[Pictured, tuple[ImageRole, ...]] = {
    "vessel_contact": ("t2", "tof"),
    "overview": ("t2", "tof"),
    "tumour": ("t2", "t1c", "tof"),
    "aneurysm": ("t2", "tof"),
}
"""Which images show a finding, side by side where they exist."""


@dataclass(frozen=True, eq=False)
class SourceImage:
    """A volume and how it is shown. low, high: values drawn black and white.

    reference_to_volume_lps: 4x4, from the frame of the findings to that of the volume.
    """

    volume: Volume
    low: float
    high: float
    reference_to_volume_lps: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StudyImages:
    """What pictures are cut from. labels: the segmentation, None where there is none."""

    images: Mapping[ImageRole, SourceImage]
    labels: Volume | None


@dataclass(frozen=True)
class View:
    """What a picture shows: a place of one side in one plane. mirrored: the other side's place."""

    name: str
    finding: Pictured
    side: Side
    plane: Plane
    place: Place
    mirrored: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn view; None in place of one for the overview of a study without findings."""

    name: str
    layers: Layers
    roles: tuple[ImageRole, ...]
    view: View | None


def pictures(
    findings: Findings, images: StudyImages, titles: Mapping[ImageRole, str]
) -> list[Picture]:
    """All key images that can be drawn, or where there are none an overview of the study."""
    if not images.images:
        return []
    if not findings.key_images:
        return [_overview(images, titles)]
    return [
        draw_view(recorded_view(number, wanted), findings, images, titles)
        for number, wanted in enumerate(findings.key_images)
    ]


def recorded_view(number: int, wanted: KeyImage) -> View:
    """The view that a key image of the record asks for. number: its place in the list."""
    place = Place(wanted.point_lps_mm, f"key_images.{number}.point_lps_mm")
    name = PurePosixPath(wanted.file).stem
    return View(name, wanted.finding, wanted.side, wanted.plane, place)


def draw_view(
    view: View, findings: Findings, images: StudyImages, titles: Mapping[ImageRole, str]
) -> Picture:
    """The picture of a view; at least one image has to exist."""
    plane = view_plane(view, findings)
    roles = tuple(role for role in ROLES[view.finding] if role in images.images)
    roles = roles or tuple(images.images)[:1]
    position = position_text(view.place.point_lps_mm)
    marks = Marks(plane.letters(), position, plane.size_mm, ticks=True)
    return Picture(view.name, _layers(plane, roles, images, titles, marks), roles, view)


def view_plane(view: View, findings: Findings) -> ViewPlane:
    """Where a view is cut."""
    side, owner = findings.sides[view.side], OTHER_SIDE[view.side] if view.mirrored else view.side
    point, size = view.place.point_lps_mm, _field_mm(view.finding, findings.sides[owner])
    nerve = course(side)
    if view.plane == "perpendicular_to_nerve" and nerve is not None:
        along = float(nerve.along_mm[nerve.nearest(point)])
        return across_nerve(point, nerve.tangent(along), _ACROSS_FIELD_MM)
    if view.plane == "oblique_along_nerve":
        return along_nerve(point, _nerve(side), size)
    return axial(point, size)


def position_text(point: Point) -> str:
    """A position as viewers write it: direction and distance from the scanner's centre, mm."""
    return " ".join(f"{letter} {size:.1f}" for letter, size in directions(point)) + " mm"


def directions(point: Point) -> list[tuple[str, float]]:
    """Direction letter and distance in mm along each axis of LPS."""
    pairs = zip(point, (("L", "R"), ("P", "A"), ("H", "F")), strict=True)
    return [(letters[int(value < 0)], abs(value)) for value, letters in pairs]


def _overview(images: StudyImages, titles: Mapping[ImageRole, str]) -> Picture:
    """Without directions and position: no landmark was found that would confirm the header's."""
    role = next(iter(images.images))
    grid = images.images[role].volume.grid
    extent = np.abs(grid.affine[:2, :3]) @ np.array(grid.shape)
    centre = grid.centre_lps
    plane = axial(centre, float(min(extent.max(), _OVERVIEW_LARGEST_MM)))
    marks = Marks(dict.fromkeys(plane.letters(), ""), "", plane.size_mm, ticks=False)
    return Picture("overview", _layers(plane, (role,), images, titles, marks), (role,), None)


def _layers(
    plane: ViewPlane,
    roles: Sequence[ImageRole],
    images: StudyImages,
    titles: Mapping[ImageRole, str],
    marks: Marks,
) -> Layers:
    panels = [Panel(titles[role], _grey(images.images[role], plane)) for role in roles]
    lines = list(outlines(images.labels, plane, _OUTLINE_PIXELS)) if images.labels else []
    return draw_layers(panels, lines, marks)


def _grey(image: SourceImage, plane: ViewPlane) -> NDArray[np.float32]:
    values = cut(
        image.volume, plane, PANEL_PIXELS, image.reference_to_volume_lps, outside=image.low
    )
    return np.asarray((values - image.low) / max(image.high - image.low, 1e-6), dtype=np.float32)


def _field_mm(finding: Pictured, side: SideFindings) -> float:
    """Width of a picture of a finding of `side`: large enough for what was found there."""
    diameters = {"tumour": side.tumour.max_diameter_mm, "aneurysm": side.aneurysm.max_diameter_mm}
    return max(_FIELD_MM, (diameters.get(finding) or 0.0) + _LESION_MARGIN_MM)


def _nerve(side: SideFindings) -> list[Point]:
    """The nerve from exit point to porus; its two ends where the profile is missing."""
    if side.profile:
        return [point.point_lps_mm for point in side.profile]
    return [point for point in (side.rexp_lps_mm, side.porus_lps_mm) if point is not None]
