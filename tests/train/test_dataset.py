from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.train.dataset import (
    BankSamples,
    Batch,
    is_held_out,
    list_bank,
    spread,
    wait_for_bank,
)


def names(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:05d}.npz" for number in range(count)]
    for path in paths:
        path.touch()
    return paths


def test_about_eight_percent_are_held_out_for_good(tmp_path: Path) -> None:
    paths = names(tmp_path, 1000)
    held_out = [path for path in paths if is_held_out(path)]
    assert 50 < len(held_out) < 110
    assert list_bank(tmp_path, held_out=True) == held_out
    assert not set(held_out) & set(list_bank(tmp_path, held_out=False))
    elsewhere = [Path("/another/folder") / path.name for path in held_out]
    assert all(map(is_held_out, elsewhere))


def test_unfinished_files_are_not_read(tmp_path: Path) -> None:
    names(tmp_path, 3)
    (tmp_path / ".12.partial.00009.npz").touch()
    assert all(not path.name.startswith(".") for path in list_bank(tmp_path, held_out=False))


def test_some_files_are_spread_over_all() -> None:
    paths = [Path(f"{number}") for number in range(10)]
    assert spread(paths, 4) == [paths[n] for n in (0, 3, 6, 9)]
    assert spread(paths[:2], 4) == paths[:2]
    assert spread([], 4) == []


def test_an_empty_bank_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="fewer than 4"):
        wait_for_bank(tmp_path, least=4, seconds=0.0)


def number_batch(pool: list[int], _: np.random.Generator) -> Batch:
    return {"number": torch.tensor(pool)}


def test_every_training_file_is_drawn_and_none_held_out(tmp_path: Path) -> None:
    names(tmp_path, 40)
    samples = BankSamples(
        tmp_path,
        lambda path: int(path.stem),
        number_batch,
        batch_size=2,
        seed=(1, 1),
        pool_size=8,
        refresh=1.0,
    )
    drawn = {int(n) for batch in islice(samples, 400) for n in batch["number"]}
    assert drawn <= {int(path.stem) for path in list_bank(tmp_path, held_out=False)}
    assert len(drawn) > 0.8 * len(list_bank(tmp_path, held_out=False))


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    names(tmp_path, 20)

    def drawn(start: int) -> list[list[int]]:
        samples = BankSamples(
            tmp_path, lambda path: int(path.stem), number_batch, batch_size=2, seed=(7, start)
        )
        return [batch["number"].tolist() for batch in islice(samples, 30)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
