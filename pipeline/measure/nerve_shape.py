"""What a vessel does to the nerve: deviation of its course, loss of its cross-section."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from pipeline.measure.course import NerveCourse
from pipeline.measure.soft_labels import Field, Points

_STEP_MM = 0.5
_NEIGHBOURS_MM = (1.5, 4.5)
"""Distance from the contact at which the undisturbed cross-section is read: beyond the dent that
a small artery makes, within the part over which the nerve's own calibre changes evenly."""
_END_MM = 1.0
"""The label's ends have no full cross-section."""
_BEND_ATTACHED_MM, _BEND_FREE_MM = 1.8, 2.8
"""Half-width (to 1/e) of the bend that a vessel makes in the nerve: about its own calibre and the
nerve's together where the pons holds the nerve, more where it lies free."""
_AROUND_MM = 12.0
"""Course on either side of the contact that tells where it would run undisturbed."""
_UNDISTURBED_DEGREE = 4
"""Of the polynomial that follows the nerve over that stretch. How far the result agrees with true
deviations of generated nerves: `python -m tests.measure.deviation_of_courses`."""
_MOST_MM = 3.0
"""A larger bend is a tracing that ran astray: the generated ones, on which the measurement was
tried, reach 1.8 mm."""
_MIN_SUPPORT_MM = 1.5
"""Course that must remain on either side of the contact."""
_CORNERS_MM = tuple(product((-0.5, -0.25, 0.0, 0.25, 0.5), (0.5, 0.7, 0.9, 1.1)))
"""Where the traced nerve turns off the pons, from the detachment point, and over which length. That
point is known only through the end of the transition zone, to about half a millimetre."""


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

    The undisturbed cross-section is a parabola through the neighbours, since the nerve swells
    at its detachment; their mean where they lie on one side only. None where fewer than 2 mm of
    neighbours lie within the nerve.
    """
    positions = np.arange(len(areas_mm2)) * _STEP_MM
    away = positions - s_mm
    ends = (positions < _END_MM) | (positions > positions[-1] - _END_MM)
    distance = np.abs(away)
    neighbours = (distance >= _NEIGHBOURS_MM[0]) & (distance <= _NEIGHBOURS_MM[1]) & ~ends
    if int(neighbours.sum()) < 4:
        return None
    sides = [int((neighbours & (away < 0)).sum()), int((neighbours & (away > 0)).sum())]
    degree = 2 if min(sides) >= 3 else 0
    curve = np.polynomial.polynomial.polyfit(away[neighbours], areas_mm2[neighbours], degree)
    here = distance <= 1.0
    usual = np.polynomial.polynomial.polyval(away[here], curve)
    if not (usual > 0).all():
        return None
    return float(np.clip((1.0 - areas_mm2[here] / usual).max(), 0.0, 1.0))


def deviation_mm(course: NerveCourse, s_mm: float, vessel_point: Points) -> float | None:
    """How far the course at the contact is moved away from the vessel, mm, 0 or more.

    Measured along the direction from the vessel to the nerve, as the height of a bend of the
    width that a vessel makes, beside what the nerve does by itself: a smooth curve, and the turn
    where it leaves the pons, at the place near the detachment point that explains the course
    best. None near the ends of the course, and where it is larger than could be told from an error.
    """
    if min(s_mm, course.length_mm - s_mm) < _MIN_SUPPORT_MM:
        return None
    pushed = _perpendicular(course.at(s_mm) - vessel_point, course.tangent(s_mm))
    used = np.abs(course.s_mm - s_mm) < _AROUND_MM
    away = course.s_mm[used] - s_mm
    offset = (course.points[used] - course.at(s_mm)) @ pushed
    parts = [(away / _AROUND_MM) ** power for power in range(_UNDISTURBED_DEGREE + 1)]
    bend_mm = _BEND_ATTACHED_MM if s_mm < course.rdp_mm else _BEND_FREE_MM
    parts.append(np.exp(-((away / bend_mm) ** 2)))
    fits = []
    for shift_mm, length_mm in _CORNERS_MM:
        beyond = (course.s_mm[used] - course.rdp_mm - shift_mm) / length_mm
        table = np.stack([np.logaddexp(0.0, beyond), *parts], axis=1)
        heights, *_ = np.linalg.lstsq(table, offset, rcond=None)
        fits.append((float(((table @ heights - offset) ** 2).sum()), float(heights[-1])))
    height = max(0.0, min(fits)[1])
    return height if height <= _MOST_MM else None


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


def _perpendicular(direction: Points, to: Points) -> Points:
    part = direction - (direction @ to) * to
    return np.asarray(part / max(float(np.linalg.norm(part)), 1e-9))
