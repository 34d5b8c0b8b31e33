"""Old against new on the same crops: what counts as better, and what never does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.records.labels import Label
from pipeline.train.contest import contest, dice_of_labels
from pipeline.train.dataset import save_example

SHAPE = (12, 12, 12)


class Reader(torch.nn.Module):
    """Reads the labels that are written in the first channel, each with a chance to be missed."""

    def __init__(self, missed: dict[Label, float]) -> None:
        super().__init__()
        self.missed = missed

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        labels = images[:, 0].round().long()
        noise = torch.rand(labels.shape, generator=torch.Generator().manual_seed(int(labels.sum())))
        for label, chance in self.missed.items():
            labels = torch.where((labels == label) & (noise < chance), 0, labels)
        return torch.nn.functional.one_hot(labels, len(Label)).permute(0, 4, 1, 2, 3).float()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twelve crops of six patients with three labels."""
    made = []
    for number in range(12):
        labels = np.random.default_rng(number).choice([0, 1, 3, 5], SHAPE).astype(np.uint8)
        path = tmp_path / f"p{number // 2}_{number}.npz"
        images = np.stack([labels.astype(np.float16)] * 3)
        save_example(path, images=images, labels=labels, present=np.array([True, True, False]))
        made.append(path)
    return made


def test_better_on_one_label_and_equal_on_the_others_wins(files: list[Path]) -> None:
    found = contest(files, Reader({Label.ARTERY: 0.5}), Reader({Label.ARTERY: 0.2}))
    assert found.better
    assert (found.patients, found.crops) == (6, 12)
    rows = {row.label: row for row in found.labels}
    assert rows["ARTERY"].gain.low > 0.1
    assert rows["BRAINSTEM"].gain.value == 0.0
    assert rows["TUMOUR"].old.value == 1.0


def test_the_same_network_again_is_not_better(files: list[Path]) -> None:
    found = contest(files, Reader({}), Reader({}))
    assert not found.better
    assert "not better" in found.reason


def test_a_worse_network_is_refused(files: list[Path]) -> None:
    found = contest(files, Reader({}), Reader({Label.ARTERY: 0.3}))
    assert not found.better
    assert found.gain.high < 0


def test_better_on_the_whole_does_not_pay_for_a_label_that_got_worse(files: list[Path]) -> None:
    old, new = Reader({Label.ARTERY: 0.8}), Reader({Label.FACIAL_NERVE_CISTERNAL: 0.2})
    found = contest(files, old, new)
    assert found.gain.value > 0
    assert not found.better
    assert "FACIAL_NERVE_CISTERNAL" in found.reason


def test_dice_of_every_label() -> None:
    true = np.array([1, 1, 2, 0], dtype=np.uint8)
    dice = dice_of_labels(np.array([1, 0, 2, 7]), true)
    assert dice.tolist() == pytest.approx([2 / 3, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
