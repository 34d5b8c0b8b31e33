"""Held-out crops as they are and changed, by a network whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.train.robustness import CHANGES, SEQUENCES, Row, foreign_rows, home_rows


class BrightIsArtery(nn.Module):
    """Calls artery what is bright on T2, and root exit zone what is dark there."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        t2 = images[:, 0]
        logits = torch.zeros(len(images), 9, *t2.shape[1:])
        logits[:, 5] = (t2 > 0.8).float() * 2
        logits[:, 2] = ((t2 > 0.05) & (t2 < 0.3)).float() * 2
        return logits


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("crops")
    for number in (1, 2):
        labels = np.zeros((24, 24, 24), dtype=np.uint8)
        labels[4:8, 8:16, 8:16], labels[14:18, 8:16, 8:16] = 2, 5
        bright = np.array([0.5, 0, 0.2, 0, 0, 1.0])[labels]
        np.savez(
            folder / f"{number}_0_left.npz",
            images=np.stack([bright] * 3).astype(np.float16),
            labels=labels,
            present=np.ones(3, bool),
        )
    return sorted(folder.iterdir())


def dice(rows: tuple[Row, ...], images: str, label: str = "artery") -> float:
    found = next(row for row in rows if row.images == images).dice[label]
    assert found.count == 2
    assert found.value is not None
    return found.value


def test_each_change_is_measured_by_itself(crops: list[Path]) -> None:
    rows = home_rows(BrightIsArtery(), crops)
    assert [row.images for row in rows] == [" and ".join(s) for s in SEQUENCES] + list(CHANGES)
    assert dice(rows, "t2 and tof and t1c") == dice(rows, "t2") == 1.0
    assert dice(rows, "tof") == 0.0
    assert dice(rows, "dark and bright exchanged") == 0.0
    assert dice(rows, "thick slices") < 1.0
    assert dice(rows, "t2", "facial_nerve_rez") == 1.0


def test_the_same_again(crops: list[Path]) -> None:
    first, again = (home_rows(BrightIsArtery(), crops) for _ in range(2))
    assert first == again


def test_of_the_foreign_setting_only_the_sequences(crops: list[Path]) -> None:
    rows = foreign_rows(BrightIsArtery(), crops)
    assert [row.images for row in rows] == [" and ".join(roles) for roles in SEQUENCES]
