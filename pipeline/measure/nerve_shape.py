"""What a vessel does to the nerve: deviation of its course, loss of its cross-section."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from pipeline.measure.course import NerveCourse
from pipeline.measure.soft_labels import Field, Points

_STEP_MM = 0.5
_EXCLUDED_MM = 3.0
"""Around the contact, the part that is not used for the undisturbed course (clinical.md F1.5)."""
_NEIGHBOURS_MM = (3.0, 6.0)
"""Distance from the contact at which the undisturbed cross-section is read (clinical.md F1.5)."""
_MIN_SUPPORT_MM = 1.5
"""Course that must remain on either side of the excluded part."""


def cross_sections_mm2(course: NerveCourse, nerve: Field, spacing_mm: float) -> NDArray[np.float64]:
    """Area at each multiple of 0.5 mm: the soft volume whose nearest place of the course is there.

    A volume of soft labels, so it is not biased by the thinness of the nerve.
    """
    voxels = np.argwhere(nerve > 0.02)
    places = voxels * spacing_mm
    close = cKDTree(course.points).query(places)[0] < 2.0
    s_mm, beside = course.project(np.asarray(places, dtype=np.float64))
    used = close & beside
    count = int(course.length_mm / _STEP_MM) + 1
    part = np.minimum(np.round(s_mm[used] / _STEP_MM).astype(int), count - 1)
    volume = nerve[tuple(voxels[used].T)].astype(np.float64) * spacing_mm**3
    area = np.bincount(part, weights=volume, minlength=count) / _part_lengths(count, course)
    return np.asarray(ndimage.gaussian_filter1d(area, 1.0, mode="nearest"))


def diameter_from(areas_mm2: NDArray[np.float64]) -> float:
    """Diameter of the circle with the median cross-section."""
    return 2.0 * math.sqrt(float(np.median(areas_mm2)) / math.pi)


def indentation_fraction(areas_mm2: NDArray[np.float64], s_mm: float) -> float | None:
    """Share of the cross-section lost at the contact against its neighbours, 0..1.

    None where fewer than 2 mm of neighbours lie within the nerve.
    """
    positions = np.arange(len(areas_mm2)) * _STEP_MM
    away = np.abs(positions - s_mm)
    ends = (positions < 1.0) | (positions > positions[-1] - 1.0)
    neighbours = (away >= _NEIGHBOURS_MM[0]) & (away <= _NEIGHBOURS_MM[1]) & ~ends
    if int(neighbours.sum()) < 4:
        return None
    usual = float(np.median(areas_mm2[neighbours]))
    here = float(areas_mm2[away <= 1.0].min())
    return float(np.clip(1.0 - here / usual, 0.0, 1.0)) if usual > 0 else None


def deviation_mm(course: NerveCourse, s_mm: float, vessel_point: Points) -> float | None:
    """How far the course near the contact is moved away from the vessel, mm, 0 or more.

    Measured against the undisturbed continuation of the rest of the course, along the direction
    from the vessel to the nerve: the nerve's own bends in other directions do not count. The
    continuation is a cubic fitted to the course with 3 mm on either side of the contact left
    out. None where too little of the course remains on one of the sides.
    """
    away = course.s_mm - s_mm
    before, after = away < -_EXCLUDED_MM, away > _EXCLUDED_MM
    if min(_extent(course, before), _extent(course, after)) < _MIN_SUPPORT_MM:
        return None
    used = (before | after) & (np.abs(away) < 3 * _EXCLUDED_MM)
    undisturbed = _cubic(course.s_mm[used], course.points[used], course.s_mm)
    pushed = _perpendicular(course.at(s_mm) - vessel_point, course.tangent(s_mm))
    offset = (course.points - undisturbed) @ pushed
    return max(0.0, float(offset[np.abs(away) <= 1.5].max()))


def clock_hour(course: NerveCourse, s_mm: float, point: Points) -> float:
    """Position of a point around the nerve as on a clock, 0 <= hour < 12.

    12 is superior, 3 anterior, 6 inferior, 9 posterior, on both sides of the patient.
    """
    tangent = course.tangent(s_mm)
    outward = point - course.at(s_mm)
    up = _perpendicular(np.array([0.0, 0.0, 1.0]), tangent)
    front = np.array([0.0, -1.0, 0.0])
    front = _perpendicular(front - (front @ up) * up, tangent)
    hour = math.degrees(math.atan2(float(outward @ front), float(outward @ up))) / 30.0
    return hour % 12.0


def _part_lengths(count: int, course: NerveCourse) -> NDArray[np.float64]:
    """Length of nerve that each multiple of the step stands for; the ends are shorter."""
    lengths = np.full(count, _STEP_MM)
    lengths[0] = _STEP_MM / 2
    lengths[-1] = course.length_mm - (count - 1) * _STEP_MM + _STEP_MM / 2
    return lengths


def _extent(course: NerveCourse, part: NDArray[np.bool_]) -> float:
    return float(np.ptp(course.s_mm[part])) if part.any() else 0.0


def _cubic(s: NDArray[np.float64], points: Points, wanted: NDArray[np.float64]) -> Points:
    centre, scale = s.mean(), max(float(np.ptp(s)) / 2, 1e-6)
    coefficients = np.polynomial.polynomial.polyfit((s - centre) / scale, points, 3)
    fitted = np.polynomial.polynomial.polyval((wanted - centre) / scale, coefficients)
    return np.asarray(fitted.T)


def _perpendicular(direction: Points, to: Points) -> Points:
    part = direction - (direction @ to) * to
    return np.asarray(part / max(float(np.linalg.norm(part)), 1e-9))
