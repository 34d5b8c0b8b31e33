"""Shapes: painted distances against brute force, and partial volume."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pipeline.phantom.shapes import Ellipsoid, Tube, Union, Window


def window(low: float, high: float, step: float) -> Window:
    axis = np.arange(low, high, step)
    return Window.empty(axis, axis, axis)


def mesh(target: Window) -> np.ndarray:
    return np.stack(np.meshgrid(target.x, target.y, target.z, indexing="ij"), axis=-1)


def test_tube_distance_agrees_with_brute_force() -> None:
    points = np.stack([np.linspace(-4, 4, 33), np.sin(np.linspace(0, 3, 33)), np.zeros(33)], axis=1)
    tube = Tube.plain(points, 0.7)
    target = window(-6, 6, 0.4)
    tube.paint(target)
    dense = np.concatenate([np.linspace(a, b, 20) for a, b in pairwise(points)])
    exact = np.linalg.norm(mesh(target)[..., None, :] - dense, axis=-1).min(axis=-1) - 0.7
    painted = target.distance_mm.numpy()
    near = exact < target.spacing_mm
    assert np.abs(painted - exact)[near].max() < 0.02
    assert (painted[~near] > target.spacing_mm - 0.02).all()


def test_tube_volume_by_partial_volume_is_close() -> None:
    tube = Tube.plain(np.linspace([-9.0, 0.13, 0.21], [9.0, 0.13, 0.21], 73), 0.45)
    target = window(-3, 3, 0.25)
    tube.paint(target)
    share = np.clip(0.5 - target.distance_mm.numpy() / 0.25, 0, 1)
    length = len(target.x) * 0.25
    assert share.sum() * 0.25**3 == pytest.approx(
        np.pi * 0.45**2 * length, rel=0.04
    )  # curvature adds 3 %


def test_tube_value_follows_its_course() -> None:
    points = np.linspace([-4.0, 0, 0], [4.0, 0, 0], 33)
    tube = Tube(points, np.full(33, 0.6), np.linspace(0, 1, 33))
    target = window(-4.5, 4.5, 0.5)
    tube.paint(target)
    middle = len(target.x) // 2
    along = target.value[:, middle, middle]
    assert along[2] < 0.2
    assert along[-3] > 0.8


def test_ellipsoid_surface_is_where_it_should_be() -> None:
    body = Ellipsoid(np.array([1.0, 0, 0]), np.array([3.0, 2.0, 1.0]), np.eye(3))
    on_surface = np.array([[4.0, 0, 0], [1, 2, 0], [1, 0, -1]])
    assert np.allclose(body.distance_at(on_surface), 0.0, atol=1e-9)
    assert body.distance_at(np.array([[1.0, 2.5, 0]]))[0] == pytest.approx(0.5, abs=0.1)
    assert body.distance_at(np.array([[1.0, 0.0, 0.5]]))[0] < 0


def test_bounds_hold_a_rotated_ellipsoid() -> None:
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    low, high = Ellipsoid(np.zeros(3), np.array([3.0, 2.0, 1.0]), turn).bounds()
    assert np.allclose(high, [2, 3, 1])
    assert np.allclose(low, -high)


def test_union_is_the_nearest_of_its_parts() -> None:
    first = Ellipsoid(np.array([-2.0, 0, 0]), np.ones(3), np.eye(3))
    second = Ellipsoid(np.array([2.0, 0, 0]), np.ones(3), np.eye(3))
    target = window(-4, 4, 0.5)
    Union([first, second]).paint(target)
    points = mesh(target)
    expected = np.minimum(first.distance_at(points), second.distance_at(points))
    near = expected < target.spacing_mm
    assert np.allclose(target.distance_mm.numpy()[near], expected[near], atol=1e-4)


def test_part_outside_the_window_is_none() -> None:
    target = window(0, 4, 0.5)
    assert target.part(np.full(3, 10.0), np.full(3, 12.0)) is None
