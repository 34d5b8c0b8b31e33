"""Resampling: exact where it can be, right way round where a registration is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.geometry import Grid, Volume, resample


def ramp(direction: list[float]) -> Volume:
    """A volume whose value is a linear function of position: linear interpolation is exact."""
    affine = np.diag([0.7, 0.9, 1.1, 1.0])
    affine[:3, 3] = [-20.0, -25.0, -30.0]
    grid = Grid((60, 60, 60), affine)
    points = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    return Volume((points @ np.array(direction)).astype(np.float32), grid)


def target(spacing: float) -> Grid:
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = [-6.0, -5.0, -4.0]
    return Grid((12, 10, 8), affine)


def values_at(grid: Grid, direction: list[float]) -> np.ndarray:
    return grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1)) @ np.array(direction)


@given(direction=st.lists(st.floats(-3, 3), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_a_linear_field_is_kept(direction: list[float]) -> None:
    volume, grid = ramp(direction), target(0.5)
    assert np.allclose(resample(volume, grid).array, values_at(grid, direction), atol=1e-3)


def test_fast_path_equals_the_general_one() -> None:
    rng = np.random.default_rng(1)
    volume = Volume(rng.random((30, 30, 30)).astype(np.float32), Grid((30, 30, 30), np.eye(4)))
    affine = np.diag([0.6, 0.6, 0.6, 1.0])
    affine[:3, 3] = [-2.0, 3.3, 20.1]
    grid = Grid((40, 20, 20), affine)
    general = ndimage.affine_transform(
        volume.array, np.eye(3) * 0.6, offset=affine[:3, 3], output_shape=grid.shape, order=1
    )
    assert np.allclose(resample(volume, grid).array, general, atol=1e-5)


def test_the_bridge_goes_from_target_to_volume() -> None:
    volume, grid = ramp([1.0, 0.0, 0.0]), target(0.5)
    bridge = np.eye(4)
    bridge[0, 3] = 3.0
    moved = resample(volume, grid, target_to_volume_lps=bridge).array
    assert np.allclose(moved, values_at(grid, [1.0, 0, 0]) + 3.0, atol=1e-3)


def test_outside_gets_the_value_asked_for() -> None:
    volume = ramp([0.0, 0.0, 1.0])
    far = Grid((4, 4, 4), np.array([[1.0, 0, 0, 500], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    assert (resample(volume, far, outside=-7.0).array == -7.0).all()


def test_a_coarser_target_does_not_alias() -> None:
    pattern = np.indices((64, 64, 64)).sum(axis=0) % 2
    volume = Volume(pattern.astype(np.float32), Grid((64, 64, 64), np.eye(4)))
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = 8.0
    coarse = resample(volume, Grid((12, 12, 12), affine)).array
    assert coarse.mean() == pytest.approx(0.5, abs=0.02)
    assert coarse.std() < 0.02


def test_labels_stay_labels() -> None:
    labels = np.random.default_rng(2).integers(0, 9, (20, 20, 20))
    volume = Volume(labels, Grid((20, 20, 20), np.eye(4)))
    affine = np.diag([0.37, 0.37, 0.37, 1.0])
    affine[:3, 3] = 4.0
    sampled = resample(volume, Grid((20, 20, 20), affine), order=0).array
    assert set(np.unique(sampled)) <= set(range(9))
    before = labels.copy()
    assert np.array_equal(volume.array, before)
