from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.geometry import Grid, side_crop
from pipeline.segment.soft import MAX_VARIANTS, side_probabilities, softmax_bytes
from tests.segment.fakes import bright_engine

CENTRE = np.array([20.0, 10.0, -30.0])


def ball_images(grid: Grid) -> NDArray[np.float32]:
    """Brightness falls linearly with the distance from CENTRE: exact on any grid."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    distance = np.linalg.norm(grid.to_lps(index) - CENTRE, axis=-1)
    image = np.zeros((3, *grid.shape), dtype=np.float32)
    image[0] = np.clip(0.5 + (3.0 - distance) / 4, 0, 1.5)
    return image


@pytest.mark.parametrize("side", ["left", "right"])
def test_all_variants_agree_where_the_network_is_exact(side: str) -> None:
    crop = side_crop(CENTRE + [1.0, 0.3, -0.7], side, 12.0, 0.4)  # type: ignore[arg-type]
    probabilities = side_probabilities(ball_images, crop, bright_engine(), MAX_VARIANTS)
    assert probabilities.shape == (MAX_VARIANTS, 9, 30, 30, 30)
    assert probabilities.dtype == np.uint8
    inner = probabilities[:, 5, 1:-1, 1:-1, 1:-1].astype(int)
    assert np.abs(inner - inner[0]).max() <= 12
    assert 80 < (inner[0] > 127).sum() * 0.4**3 < 140  # a ball of radius 3: 113 mm3


def test_a_variant_that_was_not_moved_back_would_show() -> None:
    """Guards the test above: half a voxel of displacement is far outside its tolerance."""
    crop = side_crop(CENTRE, "right", 12.0, 0.4)
    moved = side_crop(CENTRE + 0.2, "right", 12.0, 0.4)
    first, second = (
        side_probabilities(ball_images, grid, bright_engine(), 1)[0, 5].astype(int)
        for grid in (crop, moved)
    )
    assert np.abs(first - second).max() > 40


def test_soft_labels_sum_to_one() -> None:
    logits = np.random.default_rng(1).normal(0, 5, (9, 6, 6, 6)).astype(np.float32)
    total = softmax_bytes(logits).astype(int).sum(axis=0)
    assert np.abs(total - 255).max() <= 4
    np.testing.assert_array_equal(softmax_bytes(logits).argmax(axis=0), logits.argmax(axis=0))


def test_a_crop_of_any_size_is_padded_and_cut_back() -> None:
    crop = side_crop(CENTRE, "right", 5.2, 0.4)
    assert side_probabilities(ball_images, crop, bright_engine(), 2).shape == (2, 9, 13, 13, 13)


@pytest.mark.parametrize("variants", [0, MAX_VARIANTS + 1])
def test_the_number_of_variants_is_checked(variants: int) -> None:
    crop = side_crop(CENTRE, "right", 4.0, 0.4)
    with pytest.raises(ValueError, match="variants"):
        side_probabilities(ball_images, crop, bright_engine(), variants)
