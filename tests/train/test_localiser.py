from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.segment.models import LOCALISER, Bundle
from pipeline.segment.peaks import CHANNELS
from pipeline.settings import MODELS
from pipeline.train.localiser import LocaliserTask
from pipeline.train.spatial import Placement
from pipeline.train.views import limited_view
from pipeline.train.windows import (
    MIRRORED,
    heatmaps,
    load_image,
    make_batch,
    moved_landmarks,
)
from tests.train.banks import write_localiser_image

SETTINGS = Bundle(MODELS / LOCALISER).config("train")["training"]
STILL = {**SETTINGS, "max_rotation_degrees": 0.0, "scale": [1.0, 1.0], "max_offset_mm": 0.0}


def test_landmarks_are_read_as_indices_of_the_loaded_image(tmp_path: Path) -> None:
    write_localiser_image(tmp_path / "a.npz")
    source = load_image(tmp_path / "a.npz")
    assert source.image.shape == source.brainstem.shape
    for number, point in enumerate(source.landmarks):
        i, j, k = np.rint(point).astype(int)
        assert abs(float(source.image[i, j, k]) - (0.4 + 0.2 * number)) < 0.02
        near = source.image[i - 2 : i + 3, j - 2 : j + 3, k - 2 : k + 3].astype(float) - 0.1
        offsets = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"))
        centre = (offsets * near).sum(axis=(1, 2, 3)) / near.sum()
        assert np.abs(centre + [i, j, k] - point).max() < 0.25


def test_mirroring_exchanges_the_sides() -> None:
    landmarks = np.array([[8.0, 1, 1], [2.0, 1, 1], [9.0, 1, 1], [1.0, 1, 1]])
    mirror = Placement(np.diag([-1.0, 1, 1]), np.array([10.0, 0, 0]), (11, 4, 4))
    moved = moved_landmarks(landmarks, mirror, mirror=True)
    np.testing.assert_allclose(moved, landmarks)  # a symmetric head looks the same
    assert [CHANNELS[i].split("_")[1] for i in MIRRORED] == [n.split("_")[1] for n in CHANNELS]
    assert all(
        CHANNELS[i].split("_")[0] != CHANNELS[n].split("_")[0] for n, i in enumerate(MIRRORED)
    )


def test_the_patients_left_stays_on_the_side_of_larger_x(tmp_path: Path) -> None:
    write_localiser_image(tmp_path / "a.npz")
    source = load_image(tmp_path / "a.npz")
    checked = 0
    for seed in range(20):
        batch = make_batch([source], np.random.default_rng(seed), settings=STILL)
        maps = batch["heatmaps"][0]
        assert batch["image"].shape[2:] == maps.shape[1:] == batch["brainstem"].shape[2:]
        peaks = [np.unravel_index(int(m.argmax()), m.shape) for m in maps]
        if all(m.max() > 0.5 for m in maps):
            assert peaks[0][0] > peaks[1][0]
            assert peaks[2][0] > peaks[0][0]
            assert peaks[3][0] < peaks[1][0]
            checked += 1
    assert checked > 5


def test_heatmaps_are_one_at_the_point_and_empty_without_one() -> None:
    points = np.array([[4.0, 5.0, 6.0], [np.nan] * 3, [4.5, 5.0, 6.0], [-9.0, 0, 0]])
    maps = heatmaps(points, (12, 12, 12), 1.5)
    assert float(maps[0, 4, 5, 6]) == 1.0
    assert not maps[1].any()
    assert abs(float(maps[2, 4, 5, 6]) - float(np.exp(-0.5 * (0.5 / 1.5) ** 2))) < 1e-5
    assert float(maps[0, 7, 5, 6]) == pytest.approx(float(np.exp(-0.5 * 4)), abs=1e-5)


def test_a_landmark_that_is_cut_off_is_no_target(tmp_path: Path) -> None:
    write_localiser_image(tmp_path / "a.npz")
    source = load_image(tmp_path / "a.npz")
    for seed in range(40):
        batch = make_batch([source], np.random.default_rng(seed), settings=SETTINGS)
        image = batch["image"][0, 0]
        for heatmap in batch["heatmaps"][0]:
            if heatmap.max() > 0.9:
                at = np.unravel_index(int(heatmap.argmax()), heatmap.shape)
                near = tuple(slice(max(i - 1, 0), i + 2) for i in at)
                assert image[near].any(), "a target where nothing is shown"


def test_a_limited_view_is_a_mask_that_mostly_shows_the_landmarks() -> None:
    points = np.full((4, 3), 30.0)
    shown = []
    for seed in range(200):
        view = limited_view(points, (64, 60, 40), np.random.default_rng(seed), 3.0)
        assert set(view.unique().tolist()) <= {0.0, 1.0}
        shown.append(bool(view[30, 30, 30]))
    assert 0.7 < np.mean(shown) < 1.0


def test_the_loss_prefers_the_truth() -> None:
    task = LocaliserTask(Path(), SETTINGS)
    points = np.array([[8.0, 8, 8], [20, 8, 8], [6, 6, 8], [np.nan] * 3])
    maps = heatmaps(points, (32, 16, 16), 1.5)[None]
    stem = torch.zeros(1, 1, 32, 16, 16)
    stem[..., 10:16, 4:12, 4:12] = 1.0
    batch = {"heatmaps": maps, "brainstem": stem}
    true = torch.cat([maps, stem], dim=1).clamp(1e-4, 1 - 1e-4).logit()
    swapped = true[:, [1, 0, 2, 3, 4]]
    nothing = torch.full_like(true, -6.0)
    assert task.loss(true, batch) < task.loss(swapped, batch)
    assert task.loss(true, batch) < task.loss(nothing, batch)
