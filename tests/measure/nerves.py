"""A facial nerve and a vessel of known gap, as soft labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.spatial.transform import Rotation

from pipeline.geometry.grid import Side
from pipeline.measure.contact import Surroundings
from pipeline.measure.course import arc_length
from pipeline.measure.side import measure_side, traced_nerve
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.trunks import NO_TRUNKS
from pipeline.records.base import Point
from pipeline.records.labels import Label
from pipeline.records.measurements import SideMeasurements

from .rendering import (
    SPACING_MM,
    Points,
    Scene,
    Shape,
    as_soft_labels,
    crop_grid,
    straight,
    tube,
)

NERVE_RADIUS_MM = 0.58
ZONE_END_MM = 9.9
COUNT = 66
AROUND = Surroundings(voxel_mm=0.5, contact_gap_mm=0.2, midline_x_mm=0.0)


@dataclass(frozen=True, eq=False)
class KnownContact:
    """Soft labels and the true places in crop mm: landmarks, and the middle of the gap."""

    soft: SoftLabels
    rexp: Points
    tz_end: Points
    porus: Points
    gap_middle: Points
    length_mm: float


def measured_alone(
    soft: SoftLabels, around: Surroundings = AROUND, rez_lps: Point = (0.0, 0.0, 0.0)
) -> SideMeasurements:
    """One crop measured as `measure_study` does, without the arteries of the other."""
    return measure_side(soft, traced_nerve(soft), around, NO_TRUNKS, rez_lps)


def nerve_course(turn: Rotation | None = None) -> Points:
    """Up the pons for 8 mm, then lateral and forward: 19.6 mm in all, turned about its middle."""
    start, knee = np.array([18.0, 15.5, 7.5]), np.array([16.0, 14.5, 14.5])
    end = knee + [-10.0, -6.0, 1.0]
    control = np.stack([start, 0.5 * (start + knee), knee, 0.5 * (knee + end), end])
    spline = make_interp_spline(arc_length(control), control, k=3)
    course = spline(np.linspace(0.0, arc_length(control)[-1], 2000))
    if turn is None:
        return course
    centre = np.array([13.0, 13.0, 13.0])
    return turn.apply(course - centre) + centre


def known_contact(
    gap_mm: float,
    vessel_radius_mm: float,
    s_mm: float,
    *,
    turn: Rotation | None = None,
    side: Side = "right",
    label: Label = Label.ARTERY,
    variants: int = 1,
    spacing_mm: float = SPACING_MM,
) -> KnownContact:
    """A straight vessel crossing the nerve at arc length `s_mm` with a given gap."""
    scene = Scene(round(COUNT * SPACING_MM / spacing_mm), spacing_mm)
    course, middle = _paint(scene, gap_mm, vessel_radius_mm, s_mm, turn, label)
    soft = as_soft_labels(
        [scene.probabilities()] * variants, crop_grid(scene.count, side, spacing_mm)
    )
    at_zone_end = int(np.searchsorted(arc_length(course), ZONE_END_MM))
    length = float(arc_length(course)[-1])
    return KnownContact(soft, course[0], course[at_zone_end], course[-1], middle, length)


def _paint(
    scene: Scene,
    gap_mm: float,
    vessel_radius_mm: float,
    s_mm: float,
    turn: Rotation | None,
    label: Label,
) -> tuple[Points, Points]:
    """Add nerve and vessel; returns the nerve's course and the middle of the gap."""
    course = nerve_course(turn)
    length = arc_length(course)
    at, zone_end = (int(np.searchsorted(length, s)) for s in (s_mm, ZONE_END_MM))
    tangent = _unit(course[at + 5] - course[at - 5])
    away = _unit(np.cross(tangent, [0.3, 1.0, 0.2]))
    along = _unit(0.9 * np.cross(tangent, away) + 0.3 * tangent)
    centre = course[at] + away * (NERVE_RADIUS_MM + gap_mm + vessel_radius_mm)
    scene.add(label, tube(straight(centre - 6 * along, centre + 6 * along), vessel_radius_mm))
    scene.add(Label.FACIAL_NERVE_REZ, _nerve(course[: zone_end + 1]))
    scene.add(Label.FACIAL_NERVE_CISTERNAL, _nerve(course[zone_end:]))
    middle = course[at] + away * (NERVE_RADIUS_MM + gap_mm / 2)
    return course, middle


def _nerve(course: Points) -> Shape:
    """A part of the nerve as the generator labels it: its ends are half-spheres."""
    return tube(course, NERVE_RADIUS_MM, rounded=True)


def _unit(vector: Points) -> Points:
    return np.asarray(vector) / np.linalg.norm(vector)
