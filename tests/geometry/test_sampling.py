"""Torch sampling against the NumPy one, which has its own tests."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume, resample, side_crop
from pipeline.geometry.grid import aligned
from pipeline.geometry.sampling import linear_weights, refined, sample, sample_at, weighted


def smooth_volume(seed: int = 0) -> Volume:
    noise = np.random.default_rng(seed).standard_normal((40, 36, 44)).astype(np.float32)
    affine = np.diag([0.8, 0.7, 0.9, 1.0])
    affine[:3, 3] = [-15.0, -12.0, -20.0]
    return Volume(ndimage.gaussian_filter(noise, 2.0), Grid(noise.shape, affine))


def turned() -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec([0.1, -0.05, 0.2]).as_matrix()
    matrix[:3, 3] = [0.4, -0.3, 0.2]
    return matrix


def test_sampling_agrees_with_resample_in_a_turned_mirrored_crop() -> None:
    volume = smooth_volume()
    crop = side_crop(volume.grid.centre_lps, "left", 12.0, 0.6)
    expected = resample(volume, crop, target_to_volume_lps=turned()).array
    images = torch.as_tensor(volume.array)[None].repeat(2, 1, 1, 1)
    made = sample(images, volume.grid, crop, target_to_grid_lps=turned())
    np.testing.assert_allclose(made[1].numpy(), expected, atol=1e-5)
    assert np.ptp(expected) > 0.2


def test_a_coarser_target_is_smoothed_alike() -> None:
    volume = smooth_volume(1)
    target = aligned(volume.grid.centre_lps, [16.0] * 3, 2.0)
    expected = resample(volume, target).array
    made = sample(torch.as_tensor(volume.array)[None], volume.grid, target)[0]
    np.testing.assert_allclose(made.numpy(), expected, atol=2e-3 * np.ptp(volume.array))


def test_nearest_sampling_keeps_labels() -> None:
    volume = smooth_volume(2)
    labels = np.digitize(volume.array, [-0.05, 0.05]).astype(np.float32)
    target = aligned(volume.grid.centre_lps, [12.0] * 3, 0.53)
    expected = resample(Volume(labels, volume.grid), target, order=0).array
    made = sample(torch.as_tensor(labels)[None], volume.grid, target, nearest=True)[0]
    assert (made.numpy() == expected).mean() > 0.999
    assert set(np.unique(made)) <= {0.0, 1.0, 2.0}


def test_outside_is_zero() -> None:
    volume = smooth_volume(3)
    away = aligned(volume.grid.centre_lps + 500.0, [4.0] * 3, 1.0)
    assert not sample(torch.as_tensor(volume.array)[None], volume.grid, away).any()


def test_refinement_along_axes_agrees_with_sampling() -> None:
    volume = smooth_volume(4)
    fine = aligned(volume.grid.centre_lps, [10.0, 8.0, 9.0], 0.31)
    image = torch.as_tensor(volume.array)
    made = weighted(image, refined(volume.grid, fine))
    np.testing.assert_allclose(made, sample(image[None], volume.grid, fine)[0], atol=1e-5)
    index = torch.as_tensor(volume.grid.to_index(fine.to_lps(np.argwhere(np.ones(fine.shape)))))
    places = index.float().reshape(*fine.shape, 3)
    np.testing.assert_allclose(sample_at(image[None], places)[0], made, atol=1e-4)


def test_weights_hold_the_last_value_beyond_the_ends() -> None:
    weights = linear_weights(5, -1.0, 1.0, 3).numpy()
    np.testing.assert_array_equal(weights @ [1.0, 2.0, 3.0], [1.0, 1.0, 2.0, 3.0, 3.0])
