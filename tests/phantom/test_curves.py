"""Curves: arc length, distances between tubes, keeping clear of obstacles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.phantom.curves import (
    arc_length,
    around,
    at_length,
    distance_between,
    evenly,
    keep_clear,
    perpendicular,
    smooth_curve,
    tangents,
)


def straight(start: list[float], end: list[float], count: int = 41) -> np.ndarray:
    return np.linspace(start, end, count)


def test_evenly_keeps_ends_and_spacing() -> None:
    points = np.array([[0.0, 0, 0], [1.0, 0, 0], [10.0, 0, 0]])
    result = evenly(points, 0.5)
    assert np.allclose(result[[0, -1]], points[[0, -1]])
    assert np.allclose(np.diff(arc_length(result)), 0.5)


def test_smooth_curve_goes_through_its_control_points() -> None:
    control = np.array([[0.0, 0, 0], [5.0, 2, 0], [9.0, 0, 3], [14.0, 1, 1]])
    curve = smooth_curve(control, 0.05)
    for point in control:
        assert np.linalg.norm(curve - point, axis=1).min() < 0.05


def test_at_length_and_tangents_of_a_straight_line() -> None:
    line = straight([0, 0, 0], [0, 0, 8])
    assert np.allclose(at_length(line, 3.0), [0, 0, 3])
    assert np.allclose(tangents(line), [0, 0, 1])


@given(
    gap=st.floats(0.0, 5.0),
    first=st.floats(0.2, 1.5),
    second=st.floats(0.2, 2.0),
    angle=st.floats(0.1, np.pi / 2),
)
@settings(max_examples=40, deadline=None)
def test_gap_of_crossing_tubes_is_what_it_was_made(
    gap: float, first: float, second: float, angle: float
) -> None:
    nerve = straight([-6, 0, 0], [6, 0, 0], 121)
    height = first + second + gap
    along = 6 * np.array([np.cos(angle), np.sin(angle), 0])
    vessel = straight(list(-along + [0, 0, height]), list(along + [0, 0, height]), 49)
    found, i, j = distance_between(nerve, np.full(121, first), vessel, np.full(49, second))
    assert found == pytest.approx(gap, abs=2e-3)
    assert abs(nerve[i, 0]) < 1.0
    assert np.linalg.norm(vessel[j, :2]) < 1.0


def test_a_tapering_tube_is_nearest_at_its_thick_end() -> None:
    nerve = straight([0, 0, 0], [10, 0, 0], 101)
    vessel = straight([0, 4, 0], [10, 4, 0], 41)
    gap, i, _ = distance_between(nerve, np.full(101, 0.5), vessel, np.linspace(0.5, 2.0, 41))
    assert gap == pytest.approx(1.5, abs=0.01)
    assert nerve[i, 0] > 9.5


def test_keep_clear_moves_a_tube_out_and_holds_fixed_points() -> None:
    obstacle = straight([5, 0, -5], [5, 0, 5], 101)
    path = straight([0, 0.3, 0], [10, 0.3, 0], 41)
    radii = np.full(41, 0.5)
    moved = keep_clear(path, radii, [around(obstacle, np.full(101, 1.0))])
    inner = slice(5, -5)
    distance = around(obstacle, np.full(101, 1.0))(moved[inner])[0]
    assert (distance > 0.5 - 0.1).all()
    held = np.zeros(41, dtype=bool)
    held[18:23] = True
    again = keep_clear(path, radii, [around(obstacle, np.full(101, 1.0))], fixed=held)
    assert np.array_equal(again[held], path[held])
    assert np.array_equal(again[[0, -1]], path[[0, -1]])


def test_inputs_are_not_modified() -> None:
    path = straight([0, 0, 0], [10, 0, 0], 41)
    before = path.copy()
    keep_clear(path, np.full(41, 0.5), [around(path + 0.1, np.full(41, 0.5))])
    assert np.array_equal(path, before)


def test_perpendicular_is_unit_and_perpendicular() -> None:
    along = np.array([0.0, 0.0, 1.0])
    result = perpendicular([1.0, 2.0, 3.0], along)
    assert result @ along == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(result) == pytest.approx(1.0)
