from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.train.spatial import Placement, random_placement, sample


def test_an_unmoved_patch_is_the_array_itself() -> None:
    source = np.random.default_rng(0).normal(size=(7, 9, 11)).astype(np.float16)
    placement = Placement(np.eye(3), np.zeros(3), (7, 9, 11))
    np.testing.assert_allclose(sample(source, placement, nearest=False), source, atol=1e-5)


def test_a_patch_reads_where_its_placement_says() -> None:
    source = np.random.default_rng(0).normal(size=(12, 9, 11)).astype(np.float32)
    placement = Placement(np.eye(3), np.array([2.0, 3.0, 4.0]), (5, 4, 3))
    np.testing.assert_allclose(
        sample(source, placement, nearest=False), source[2:7, 3:7, 4:7], atol=1e-5
    )
    np.testing.assert_array_equal(
        sample(source, placement.shifted(np.array([20.0, 0, 0])), nearest=False), 0
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_points_move_with_the_image(seed: int, mirror: bool) -> None:
    """A blob in the source is found in the patch where `to_patch` puts its centre."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(14, 26, 3)
    grid = np.stack(np.meshgrid(*[np.arange(40)] * 3, indexing="ij"), axis=-1)
    source = np.exp(-((grid - centre) ** 2).sum(axis=-1) / 18)
    placement = random_placement(
        rng.uniform(18, 22, 3),
        (32, 32, 32),
        rng,
        max_rotation_degrees=20,
        scale=(0.85, 1.15),
        mirror=mirror,
    )
    patch = sample(source, placement, nearest=False).numpy()
    expected = placement.to_patch(centre)
    weight = np.where(patch > 0.3, patch, 0)
    index = np.stack(np.meshgrid(*[np.arange(32)] * 3, indexing="ij"))
    found = (index * weight).sum(axis=(1, 2, 3)) / weight.sum()
    if ((expected > 7) & (expected < 24)).all():
        np.testing.assert_allclose(found, expected, atol=0.15)
    np.testing.assert_allclose(placement.to_source(expected), centre, atol=1e-9)


@pytest.mark.parametrize("mirror", [False, True])
def test_only_mirroring_changes_the_handedness(mirror: bool) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        placement = random_placement(
            np.zeros(3),
            (8, 8, 8),
            rng,
            max_rotation_degrees=20,
            scale=(0.85, 1.15),
            mirror=mirror,
        )
        assert (np.linalg.det(placement.matrix) < 0) == mirror


def test_labels_stay_whole_numbers() -> None:
    source = np.random.default_rng(0).integers(0, 9, (20, 20, 20)).astype(np.uint8)
    placement = random_placement(
        np.full(3, 9.5),
        (12, 12, 12),
        np.random.default_rng(2),
        max_rotation_degrees=15,
        scale=(0.9, 1.1),
    )
    patch = sample(source, placement, nearest=True)
    assert torch.equal(patch, patch.round())
    assert patch.max() <= 8
