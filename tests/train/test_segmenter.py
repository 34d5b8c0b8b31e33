from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS
from pipeline.train.segmenter import chosen_channels, load_crop, make_batch
from tests.train.banks import write_segmenter_bank

SETTINGS = Bundle(MODELS / SEGMENTER).config("train")["training"]


def test_any_sequence_may_be_missing_but_never_all() -> None:
    rng = np.random.default_rng(0)
    sets = SETTINGS["sequence_sets"]
    assert abs(sum(sets.values()) - 1) < 1e-9
    for present in ([True, True, True], [True, False, False], [False, True, False]):
        drawn = [chosen_channels(np.array(present), sets, rng) for _ in range(300)]
        assert all(drawn)
        assert {channel for channels in drawn for channel in channels} <= set(
            np.flatnonzero(present).tolist()
        )
    all_present = [tuple(chosen_channels(np.ones(3, bool), sets, rng)) for _ in range(2000)]
    alone = all_present.count((1,)) / 2000
    assert abs(alone - sets["tof"]) < 0.04
    assert {(0,), (1,), (0, 1), (0, 1, 2)} <= set(all_present)


def test_patches_have_labels_where_the_image_has_them(tmp_path: Path) -> None:
    folder = write_segmenter_bank(tmp_path / "bank", count=16)
    crops = [load_crop(path) for path in sorted(folder.glob("*.npz"))[:3]]
    settings = {**SETTINGS, "patch_voxels": 16, "max_shift_mm": 0.0}
    contrasts = []
    for seed in range(12):
        batch = make_batch(crops, np.random.default_rng(seed), settings=settings)
        assert batch["image"].shape == (3, 3, 16, 16, 16)
        assert batch["label"].shape == (3, 1, 16, 16, 16)
        assert set(batch["label"].unique().tolist()) <= {0, 1, 5}
        for image, label in zip(batch["image"], batch["label"], strict=True):
            shown = image[image.flatten(1).any(dim=1)].mean(dim=0)
            artery, other = label[0] == 5, label[0] == 0
            if artery.sum() > 30 and other.sum() > 30:
                contrasts.append(float(shown[artery].mean() - shown[other].mean()))
    assert np.mean(np.array(contrasts) > 0.2) > 0.8


def test_a_sequence_that_was_not_acquired_stays_dark(tmp_path: Path) -> None:
    folder = write_segmenter_bank(tmp_path / "bank", count=16)
    crop = load_crop(folder / "001.npz")
    assert not crop.present[1]
    settings = {**SETTINGS, "patch_voxels": 16}
    for seed in range(10):
        batch = make_batch([crop], np.random.default_rng(seed), settings=settings)
        assert not batch["image"][0, 1].any()
        assert torch.any(batch["image"])
