from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume, side_crop
from pipeline.segment.sampling import network_image, upright_grid
from pipeline.segment.study import PlacedVolume, crop_images

angle = st.floats(-40.0, 40.0)


def oblique(shape: tuple[int, int, int], angles: tuple[float, float, float]) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * 0.7
    affine[:3, 3] = [5.0, -3.0, 8.0]
    return Grid(shape, affine)


@settings(max_examples=30, deadline=None)
@given(angle, angle, angle, st.floats(0.5, 3.0))
def test_an_upright_grid_covers_an_oblique_one(a: float, b: float, c: float, mm: float) -> None:
    inner = oblique((20, 16, 9), (a, b, c))
    outer = upright_grid(inner, mm)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in inner.shape])).reshape(3, -1).T
    assert outer.contains(inner.to_lps(corners), margin_mm=0.5 * mm - 1e-6).all()
    np.testing.assert_allclose(outer.affine[:3, :3], np.eye(3) * mm)


def ramp(grid: Grid) -> Volume:
    """Brightness = x + 1000 in LPS mm."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    return Volume((grid.to_lps(index)[..., 0] + 1000).astype(np.float32), grid)


def test_both_sides_look_like_the_right_one() -> None:
    """Axis 0 of a crop runs from lateral to medial on either side."""
    grid = Grid(
        (120, 60, 60),
        np.array([[1, 0, 0, -60.0], [0, 1, 0, -30.0], [0, 0, 1, -30.0], [0, 0, 0, 1.0]]),
    )
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    distance = np.abs(grid.to_lps(index)[..., 0])  # from the midline
    placed = {"t2": PlacedVolume(Volume(distance.astype(np.float32), grid), np.eye(4))}
    left = crop_images(placed, side_crop([20.0, 0, 0], "left", 12.0, 0.4))
    right = crop_images(placed, side_crop([-20.0, 0, 0], "right", 12.0, 0.4))
    np.testing.assert_allclose(left, right, atol=1e-4)
    assert (np.diff(left[0, :, 15, 15]) <= 0).all()
    assert left[0, 0, 15, 15] > left[0, -1, 15, 15]


def test_a_missing_sequence_is_zero_and_registration_is_followed() -> None:
    grid = Grid(
        (80, 60, 60),
        np.array([[1, 0, 0, -40.0], [0, 1, 0, -30.0], [0, 0, 1, -30.0], [0, 0, 0, 1.0]]),
    )
    spot = np.zeros(grid.shape, dtype=np.float32)
    spot[40:48, 28:36, 28:36] = 100.0
    bridge = np.eye(4)
    bridge[0, 3] = 6.0  # what lies at x in the reference lies at x + 6 in this volume
    crop = side_crop([4.0, 2.0, 2.0], "right", 16.0, 0.5)
    plain = crop_images({"t2": PlacedVolume(Volume(spot, grid), np.eye(4))}, crop)
    moved = crop_images({"tof": PlacedVolume(Volume(spot, grid), bridge)}, crop)
    assert not plain[1:].any()
    assert not moved[[0, 2]].any()

    def mean_x(image: np.ndarray) -> float:
        return float(crop.to_lps(np.argwhere(image > 0.5).mean(axis=0))[0])

    assert abs(mean_x(plain[0]) - 3.5) < 0.3
    bright = np.argwhere(moved[1] > 0.5)
    assert crop.to_lps(bright)[:, 0].max() < 2.3  # 7.5 - 6 and half a voxel of interpolation


def test_brightness_is_scaled_over_what_is_shown_and_zero_outside() -> None:
    volume = ramp(Grid((30, 30, 30), np.eye(4)))
    crop = Grid(
        (60, 20, 20),
        np.array([[0.5, 0, 0, 14.75], [0, 0.5, 0, 5.0], [0, 0, 0.5, 5.0], [0, 0, 0, 1.0]]),
    )
    image = network_image(volume, crop)
    inside = crop.to_lps([[i, 0, 0] for i in range(60)])[:, 0] <= 29.0
    assert not image[~inside].any()
    assert image[inside].max() > 0.99
    assert 0.4 < np.median(image[inside]) < 0.6


def test_a_volume_that_does_not_meet_the_crop_is_zero() -> None:
    crop = side_crop([500.0, 0, 0], "left", 8.0, 0.4)
    assert not network_image(ramp(Grid((9, 9, 9), np.eye(4))), crop).any()
