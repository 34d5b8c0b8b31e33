from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS
from pipeline.train.dataset import is_held_out
from pipeline.train.segmenter import (
    SegmenterTask,
    chosen_channels,
    load_crop,
    make_batch,
)
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


def test_vessels_beside_the_root_exit_zone_are_aimed_at(tmp_path: Path) -> None:
    labels = np.zeros((96, 16, 16), dtype=np.uint8)
    labels[4:8, 4:8, 4:8] = 2
    labels[10:12], labels[80:90], labels[91:] = 5, 5, 6
    images = np.ones((3, *labels.shape), dtype=np.float16)
    np.savez(tmp_path / "1_0.npz", images=images, labels=labels, present=np.ones(3, bool))
    places = load_crop(tmp_path / "1_0.npz").places
    assert set(places[5][:, 0]) <= {10, 11}
    assert set(places[6][:, 0]) >= {91}  # none is near: any will do
    labels[labels == 2] = 0
    np.savez(tmp_path / "2_0.npz", images=images, labels=labels, present=np.ones(3, bool))
    assert set(load_crop(tmp_path / "2_0.npz").places[5][:, 0]) >= {10, 85}


def test_validation_looks_everywhere_and_beside_the_root_exit_zone(tmp_path: Path) -> None:
    labels = np.zeros((80, 16, 16), dtype=np.uint8)
    labels[2:6, 4:8, 4:8], labels[10:14, 4:8, 4:8], labels[70:78, 4:8, 4:8] = 2, 5, 5
    images = np.ones((3, *labels.shape), dtype=np.float16)
    number = next(n for n in range(99) if is_held_out(Path(f"{n}_0.npz")))
    path = tmp_path / f"{number}_0.npz"
    np.savez(path, images=images, labels=labels, present=np.ones(3, bool))

    def all_but_the_far_artery(image: torch.Tensor) -> torch.Tensor:
        found = torch.from_numpy(labels.astype(np.int64))
        found[60:] = 0
        return torch.nn.functional.one_hot(found, 9).permute(3, 0, 1, 2)[None].float()

    scores = SegmenterTask(tmp_path, SETTINGS).validate(all_but_the_far_artery)
    assert scores["near_dice_artery"] == 1.0
    assert abs(scores["dice_artery"] - 2 * 4 / (4 + 12)) < 1e-9
    assert scores["near_dice_facial_nerve_rez"] == scores["dice_facial_nerve_rez"] == 1.0
