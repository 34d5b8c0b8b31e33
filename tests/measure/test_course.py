"""Segments, projection and shape of the nerve's course."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pipeline.measure.course import NerveCourse, arc_length, evenly
from pipeline.measure.nerve_shape import (
    clock_hour,
    cross_sections_mm2,
    deviation_mm,
    indentation_fraction,
)

from .rendering import SPACING_MM, fractions, straight, tube


def _straight_course(length_mm: float = 20.0, tz_end_mm: float = 10.0) -> NerveCourse:
    points = np.stack([np.full(81, 5.0), np.full(81, 5.0), np.linspace(0, length_mm, 81)], axis=1)
    return NerveCourse(points, tz_end_mm)


@pytest.mark.parametrize(
    ("s_mm", "segment"),
    [
        (0.0, "RExP"),
        (1.0, "RExP"),
        (1.01, "AS"),
        (7.89, "AS"),
        (7.9, "RDP_TZ"),
        (10.0, "RDP_TZ"),
        (10.01, "CP"),
        (20.0, "CP"),
    ],
)
def test_segments_by_arc_length(s_mm: float, segment: str) -> None:
    assert _straight_course().segment(s_mm) == segment


def test_landmarks_by_arc_length() -> None:
    course = _straight_course()
    assert course.rdp_mm == pytest.approx(8.4)
    assert course.rez_mm == pytest.approx(5.0)
    assert NerveCourse(course.points, 1.0).rdp_mm == 0.0


def test_points_on_the_cut_faces_do_not_lie_beside_the_nerve() -> None:
    points = np.array([[5.0, 5.5, -0.2], [5.6, 5.0, 3.1], [5.0, 5.4, 20.3]])
    s_mm, beside = _straight_course().project(points)
    assert beside.tolist() == [False, True, False]
    assert s_mm[1] == pytest.approx(3.1, abs=1e-9)


def test_evenly_keeps_ends_and_length() -> None:
    points = np.array([[0.0, 0, 0], [1.0, 0, 0], [1.0, 3.0, 0]])
    even = evenly(points, 0.5)
    np.testing.assert_array_equal(even[[0, -1]], points[[0, -1]])
    assert len(even) == 9
    assert arc_length(even)[-1] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("direction", "hour"),
    [((0, -1, 0), 3.0), ((0, 1, 0), 9.0), ((0, 0, 1), 0.0), ((0, 0, -1), 6.0)],
)
def test_clock_face(direction: tuple[float, ...], hour: float) -> None:
    """A nerve running laterally: 12 superior, 3 anterior (LPS y is posterior)."""
    lateral = NerveCourse(np.stack([np.linspace(20, 0, 81), *[np.full(81, 5.0)] * 2], axis=1), 10.0)
    point = lateral.at(10.0) + np.array(direction, dtype=float)
    assert clock_hour(lateral, 10.0, point) == pytest.approx(hour, abs=1e-6)


def _bulged(at_mm: float, width_mm: float, height_mm: float = 0.8) -> NerveCourse:
    """A straight nerve moved along x at a place; it leaves the pons at 8.4 mm."""
    course = _straight_course()
    bulge = height_mm * np.exp(-(((course.s_mm - at_mm) / width_mm) ** 2))
    return NerveCourse(course.points + np.outer(bulge, [1.0, 0, 0]), 10.0)


@pytest.mark.parametrize(
    ("at_mm", "width_mm", "tolerance"),
    [(6.0, 1.8, 0.12), (12.0, 2.8, 0.12), (6.0, 2.4, 0.3), (12.0, 1.8, 0.35)],
)
def test_deviation_is_the_bulge_away_from_the_vessel(
    at_mm: float, width_mm: float, tolerance: float
) -> None:
    bent, pushing, opposite = (
        _bulged(at_mm, width_mm),
        *np.array([[4.0, 5, at_mm], [8.0, 5, at_mm]]),
    )
    assert deviation_mm(bent, at_mm, pushing) == pytest.approx(0.8, abs=tolerance)
    assert deviation_mm(bent, at_mm, opposite) == 0.0


def test_a_bend_beyond_all_vessels_is_a_tracing_astray() -> None:
    straight_on = _straight_course()
    waves = np.outer(np.cos(0.8 * straight_on.s_mm - 9.6), [1.0, 0.0, 0.0])
    pushed = np.array([3.0, 0.0, 0.0])
    small, large = (NerveCourse(straight_on.points + h * waves, 10.0) for h in (1.0, 4.0))
    found = deviation_mm(small, 8.5, small.at(8.5) - pushed)
    assert found is not None
    assert 0.5 < found < 3.0
    assert deviation_mm(large, 9.0, large.at(9.0) - pushed) is None


def test_a_straight_nerve_does_not_deviate_and_its_end_cannot_tell() -> None:
    course, pushing = _straight_course(), np.array([4.0, 5.0, 10.0])
    assert deviation_mm(course, 10.0, pushing) == pytest.approx(0.0, abs=1e-6)
    assert deviation_mm(course, 1.0, pushing) is None


@pytest.mark.parametrize("turn_mm", [7.9, 8.4, 8.9])
@pytest.mark.parametrize("at_mm", [7.9, 8.4, 9.4])
def test_the_turn_off_the_pons_is_no_deviation(turn_mm: float, at_mm: float) -> None:
    """The vessel lies before the nerve, which turns towards it as it leaves the pons.

    The corner is as round as tracing makes it (0.9 mm). It need not be where the length of the
    transition zone (here from 8.4 to 10 mm) tells.
    """
    s_mm = _straight_course().s_mm
    away = ndimage.gaussian_filter1d(np.maximum(s_mm - turn_mm, 0.0), 3.5, mode="nearest")
    turned = np.stack([np.full(81, 5.0), 5.0 - 0.8 * away, s_mm], axis=1)
    course = NerveCourse(evenly(turned, 0.25), 10.0)
    vessel = np.array([5.0, course.at(at_mm)[1] - 2.0, course.at(at_mm)[2]])
    assert deviation_mm(course, at_mm, vessel) == pytest.approx(0.0, abs=0.2)


def test_indentation_is_the_loss_against_the_neighbours() -> None:
    areas = np.full(41, 1.0)
    areas[18:23] = 0.6
    assert indentation_fraction(areas, 10.0) == pytest.approx(0.4)
    assert indentation_fraction(np.full(41, 1.0), 10.0) == 0.0
    assert indentation_fraction(np.full(7, 1.0), 1.5) is None


def test_cross_section_of_a_tube_is_not_biased_by_the_voxels() -> None:
    course = _straight_course(12.0)
    path = straight(np.array([5.0, 5.0, 0.0]), np.array([5.0, 5.0, 12.0]))
    share = fractions(tube(path, 0.45), 34).astype(np.float32)
    areas = cross_sections_mm2(course, share, SPACING_MM)
    assert np.median(areas) == pytest.approx(np.pi * 0.45**2, rel=0.05)
