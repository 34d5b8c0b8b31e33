"""Grids: indices to patient coordinates and back, crops that mirror the left side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume, resample, side_crop

angles = st.floats(-np.pi, np.pi)
spacings = st.floats(0.2, 3.0)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    turn = Rotation.from_euler("xyz", [draw(angles) for _ in range(3)]).as_matrix()
    flips = np.diag([draw(st.sampled_from([-1.0, 1.0])) for _ in range(3)])
    order = np.eye(3)[draw(st.permutations([0, 1, 2]))]
    affine = np.eye(4)
    affine[:3, :3] = turn @ order @ flips @ np.diag([draw(spacings) for _ in range(3)])
    affine[:3, 3] = [draw(st.floats(-100, 100)) for _ in range(3)]
    return Grid((5, 7, 9), affine)


@given(grid=grids())
def test_index_and_position_are_inverse(grid: Grid) -> None:
    index = np.array([[0.0, 0, 0], [4, 6, 8], [1.5, 2.25, 7.75]])
    assert np.allclose(grid.to_index(grid.to_lps(index)), index, atol=1e-8)
    assert np.allclose(grid.centre_lps, grid.to_lps([2.0, 3.0, 4.0]))


@given(grid=grids())
def test_voxel_size_and_volume(grid: Grid) -> None:
    step = np.linalg.norm(grid.to_lps([1.0, 0, 0]) - grid.to_lps([0.0, 0, 0]))
    assert grid.voxel_mm[0] == pytest.approx(step)
    assert grid.voxel_volume_mm3 == pytest.approx(np.prod(grid.voxel_mm))


@given(grid=grids())
def test_contains_ends_half_a_voxel_outside_the_last_centre(grid: Grid) -> None:
    assert grid.contains(grid.to_lps([4.45, 6.0, 8.0]))
    assert not grid.contains(grid.to_lps([4.55, 6.0, 8.0]))
    assert not grid.contains(grid.to_lps([4.45, 6.0, 8.0]), margin_mm=grid.voxel_mm[0])


def test_both_sides_look_alike_and_coordinates_stay_the_patients() -> None:
    right = side_crop([-20.0, 25.0, -40.0], "right", 48.0, 0.4)
    left = side_crop([20.0, 25.0, -40.0], "left", 48.0, 0.4)
    index = np.array([10.0, 30.0, 50.0])
    assert np.allclose(left.to_lps(index), right.to_lps(index) * [-1, 1, 1])
    assert right.to_lps([0.0, 0, 0])[0] < right.to_lps([100.0, 0, 0])[0] < 5.0
    assert left.to_lps([0.0, 0, 0])[0] > left.to_lps([100.0, 0, 0])[0] > -5.0


def test_a_mirror_symmetric_head_gives_equal_crops() -> None:
    rng = np.random.default_rng(0)
    half = rng.random((60, 40, 40))
    head = np.concatenate([half, half[::-1]])
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = [-59.5, -20.0, -20.0]
    volume = Volume(head, Grid(head.shape, affine))
    right = resample(volume, side_crop([-20.0, 0.0, 0.0], "right", 20.0, 0.5)).array
    left = resample(volume, side_crop([20.0, 0.0, 0.0], "left", 20.0, 0.5)).array
    assert np.allclose(left, right, atol=1e-5)
    assert left.std() > 0.05
