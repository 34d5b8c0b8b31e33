"""Planes of key images: the radiological convention in every direction of the nerve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.view_plane import ViewPlane, along_nerve, axial, direction_letters

PIXELS = 100
angles = st.floats(-1.0, 1.0)
lengths = st.floats(-30.0, 30.0)


def test_an_axial_picture_has_the_patients_left_on_the_right_and_front_on_top() -> None:
    plane = axial((10.0, -20.0, -30.0), 40.0)
    grid = plane.grid(PIXELS)

    assert plane.letters() == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    np.testing.assert_allclose(grid.centre_lps, (10.0, -20.0, -30.0))
    np.testing.assert_allclose(grid.to_lps((99, 0, 0)), (29.8, -39.8, -30.0))
    np.testing.assert_allclose(grid.to_lps((0, 99, 0)), (-9.8, -0.2, -30.0))


@given(st.tuples(angles, angles), st.tuples(lengths, lengths, lengths), st.sampled_from((-1, 1)))
def test_the_oblique_plane_holds_a_straight_nerve(
    tilts: tuple[float, float], start: tuple[float, float, float], sign: int
) -> None:
    course = np.array([sign * 1.0, tilts[0], tilts[1]]) / np.linalg.norm([1.0, *tilts])
    nerve = [np.array(start) + course * along for along in np.linspace(-10, 10, 41)]

    plane = along_nerve(start, nerve, 40.0)

    assert_laid_out(plane, start)
    away = (np.array(nerve) - plane.centre_lps) @ normal_of(plane)
    assert np.abs(away).max() < 0.3
    assert abs(normal_of(plane)[2]) > abs(normal_of(plane)[1]) or abs(tilts[1]) > 0.5


def test_the_oblique_plane_follows_a_bent_nerve() -> None:
    bent = [(10 + s, -20 - 0.3 * s, -35 + 0.08 * s * s) for s in np.linspace(0, 15, 30)]
    point = bent[12]

    plane = along_nerve(point, bent, 40.0)

    assert_laid_out(plane, point)
    away = (np.array(bent) - np.array(point)) @ normal_of(plane)
    axial_away = np.array(bent)[:, 2] - point[2]
    assert np.sqrt((away**2).mean()) < 0.25 * np.sqrt((axial_away**2).mean())


def test_without_a_nerve_the_plane_is_axial() -> None:
    plane = along_nerve((1.0, 2.0, 3.0), [], 40.0)

    np.testing.assert_allclose(normal_of(plane), (0, 0, 1))


@pytest.mark.parametrize(
    ("direction", "letters"),
    [((1, 0, 0), "L"), ((-1, 0, 0), "R"), ((0, 1, 0), "P"), ((0, -1, 0), "A"), ((0, 0, 1), "H"),
     ((0, 0, -1), "F"), ((0.8, 0, -0.6), "LF"), ((0.05, -0.99, 0.1), "A"),
     ((0.5, -0.7, 0.5), "ALH")],
)  # fmt: skip
def test_letters_of_a_direction(direction: tuple[float, float, float], letters: str) -> None:
    assert direction_letters(np.array(direction, dtype=float)) == letters


def assert_laid_out(plane: ViewPlane, point: tuple[float, float, float]) -> None:
    """Through the point, right angles, left to the right, and back or feet down."""
    np.testing.assert_allclose(plane.centre_lps, point)
    axes = np.stack([plane.rightwards, plane.downwards])
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-9)
    assert plane.rightwards[0] > 0
    assert plane.downwards[1] > 0 or plane.downwards[2] < 0
    assert plane.letters()["right"].count("L") == 1


def normal_of(plane: ViewPlane) -> np.ndarray:
    return np.cross(plane.rightwards, plane.downwards)
