"""Everything that is measured on the nerve of one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measure.arteries import arterial_tree
from pipeline.measure.centreline import NERVE, nerve_region, trace_nerve
from pipeline.measure.contact import (
    Surroundings,
    as_point,
    contact_measurement,
    measure_gap,
    profile_points,
)
from pipeline.measure.course import NerveCourse
from pipeline.measure.nerve_shape import cross_sections_mm2, diameter_from
from pipeline.measure.soft_labels import Points, SoftLabels
from pipeline.measure.trunks import Trunks
from pipeline.records.base import Point
from pipeline.records.findings import Reason
from pipeline.records.measurements import SideMeasurements

MIN_NERVE_MM, MAX_NERVE_MM = 8.0, 40.0
"""Lengths from exit point to porus that a nerve can have: 18-24 mm is usual (8 attached,
Tomii 2003, and 10 to 16 free, textbook values); shorter or longer is a tracing that lost the nerve
or ran into something else."""
_WINDOW_MARGIN_MM = 5.0


@dataclass(frozen=True, eq=False)
class TracedNerve:
    """The nerve of a crop. window: the part of the crop around it, in which it was traced."""

    window: SoftLabels
    course: NerveCourse

    @property
    def exit_lps(self) -> Points:
        return self.window.to_lps(self.course.points[0])


def traced_nerve(soft: SoftLabels, margin_mm: float = _WINDOW_MARGIN_MM) -> TracedNerve | Reason:
    """The nerve of a crop, or why there is none. margin_mm: of the window around the nerve."""
    window = _around_nerve(soft, margin_mm)
    region = nerve_region(window.share(*NERVE)) if window else None
    if window is None or region is None:
        return "nerve_not_traceable"
    course = trace_nerve(window, region)
    if not MIN_NERVE_MM <= course.length_mm <= MAX_NERVE_MM:
        return "nerve_length_implausible"
    return TracedNerve(window, course)


def measure_side(
    soft: SoftLabels,
    nerve: TracedNerve | Reason,
    around: Surroundings,
    wide: Trunks,
    rez_lps: Point,
) -> SideMeasurements:
    """Measure nerve and vessels of a crop; masses are added by `study`.

    wide: vertebral and basilar arteries of both crops. rez_lps: root exit zone of the localiser,
    kept where the nerve cannot be traced.
    """
    if isinstance(nerve, str):
        return unmeasured((nerve,), rez_lps)
    gap = measure_gap(nerve.window, nerve.course)
    if gap is None:
        nerve = traced_nerve(soft, np.inf)  # no vessel near the nerve: look farther
        if isinstance(nerve, str):
            return unmeasured((nerve,), rez_lps)
        gap = measure_gap(nerve.window, nerve.course)
    if gap is None:
        return unmeasured(("vessels_not_visible",), rez_lps)
    tree = arterial_tree(soft, nerve.exit_lps, around.midline_x_mm, wide)
    contact = contact_measurement(nerve.window, nerve.course, gap, around, tree)
    profile = profile_points(nerve.window, nerve.course, gap, around)
    return _described(nerve).model_copy(update={"contact": contact, "profile": profile})


def unmeasured(reasons: tuple[Reason, ...], rez_lps: Point | None) -> SideMeasurements:
    """A side on which the nerve was not measured, with the reasons."""
    return SideMeasurements(
        reasons=reasons,
        rez_lps_mm=rez_lps,
        rexp_lps_mm=None,
        rdp_lps_mm=None,
        tz_end_lps_mm=None,
        porus_lps_mm=None,
        nerve_length_mm=None,
        nerve_diameter_mm=None,
        profile=(),
        contact=None,
        mass=None,
        aneurysm=None,
    )


def _around_nerve(soft: SoftLabels, margin_mm: float) -> SoftLabels | None:
    """The part of the crop around the nerve, so that surfaces are computed only there."""
    region = nerve_region(soft.share(*NERVE))
    if region is None:
        return None
    if not np.isfinite(margin_mm):
        return soft
    voxels = np.argwhere(region.certain)
    margin = round(margin_mm / soft.spacing_mm)
    return soft.window(voxels.min(axis=0) - margin, voxels.max(axis=0) + margin + 1)


def _described(nerve: TracedNerve) -> SideMeasurements:
    """The nerve's landmarks and size."""
    soft, course = nerve.window, nerve.course
    areas = cross_sections_mm2(course, soft.share(*NERVE), soft.spacing_mm)

    def lps(s_mm: float) -> Point:
        return as_point(soft.to_lps(course.at(s_mm)))

    return SideMeasurements(
        reasons=(),
        rez_lps_mm=lps(course.rez_mm),
        rexp_lps_mm=lps(0.0),
        rdp_lps_mm=lps(course.rdp_mm),
        tz_end_lps_mm=lps(course.tz_end_mm),
        porus_lps_mm=lps(course.length_mm),
        nerve_length_mm=course.length_mm,
        nerve_diameter_mm=diameter_from(areas),
        profile=(),
        contact=None,
        mass=None,
        aneurysm=None,
    )
