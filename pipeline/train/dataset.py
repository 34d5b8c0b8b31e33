"""Reading a training bank that may still grow, and drawing endless samples from it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset

from pipeline.files import atomic_path

HELD_OUT_SHARE = 0.08
"""Share of the files kept from training to validate on."""

Batch = dict[str, torch.Tensor]
_RELIST_SECONDS = 120.0


def is_held_out(path: Path, share: float = HELD_OUT_SHARE) -> bool:
    """Whether a file belongs to validation.

    By its subject (the name up to the first `_`), so that no subject is in both halves and a
    growing bank never leaks.
    """
    subject = path.stem.partition("_")[0]
    number = int(hashlib.sha256(subject.encode()).hexdigest()[:8], 16)
    return number / 0xFFFFFFFF < share


def save_example(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write one file of a bank; its name begins with its subject and `_`."""
    with atomic_path(path) as partial, partial.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def list_bank(folder: Path, *, held_out: bool) -> list[Path]:
    """The finished files of one half of the bank, sorted by name."""
    files = (path for path in folder.glob("*.npz") if not path.name.startswith("."))
    return sorted(path for path in files if is_held_out(path) == held_out)


def spread(files: Sequence[Path], count: int) -> list[Path]:
    """At most so many of the files, evenly from first to last."""
    at = np.linspace(0, len(files) - 1, min(count, len(files))).astype(int)
    return [files[i] for i in np.unique(at)]


def wait_for_bank(folder: Path, least: int, seconds: float) -> None:
    """Return once `least` training files are there; raise FileNotFoundError after `seconds`."""
    deadline = time.monotonic() + seconds
    while len(list_bank(folder, held_out=False)) < least:
        if time.monotonic() > deadline:
            raise FileNotFoundError(f"{folder} holds fewer than {least} training files")
        time.sleep(2.0)


class BankSamples(IterableDataset[Batch]):
    """Endless random batches of a bank's training half.

    A pool of loaded files is kept in memory; each batch has the chance `refresh` to replace one
    of them by the next file, so that reading costs little and every file is seen.
    """

    def __init__(
        self,
        folder: Path,
        load: Callable[[Path], Any],
        make_batch: Callable[[list[Any], np.random.Generator], Batch],
        *,
        batch_size: int,
        seed: tuple[int, ...],
        pool_size: int = 48,
        refresh: float = 0.25,
    ) -> None:
        self.folder, self.load, self.make_batch = folder, load, make_batch
        self.batch_size, self.seed = batch_size, seed
        self.pool_size, self.refresh = pool_size, refresh

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.seed)
        torch.manual_seed(int(rng.integers(2**31)))
        files = self._files(rng)
        pool: list[Any] = [self.load(next(files))]
        while True:
            if len(pool) < self.pool_size:
                pool.append(self.load(next(files)))
            elif rng.random() < self.refresh:
                pool[rng.integers(len(pool))] = self.load(next(files))
            chosen = rng.choice(len(pool), self.batch_size, replace=len(pool) < self.batch_size)
            yield self.make_batch([pool[i] for i in chosen], rng)

    def _files(self, rng: np.random.Generator) -> Iterator[Path]:
        """Every training file once per pass, new ones first as soon as they are seen."""
        seen: set[Path] = set()
        while True:
            listed, at = list_bank(self.folder, held_out=False), time.monotonic()
            fresh = [path for path in listed if path not in seen]
            order = fresh or listed
            seen.update(order)
            for index in rng.permutation(len(order)):
                yield order[index]
                if time.monotonic() - at > _RELIST_SECONDS and self._grew(seen):
                    break

    def _grew(self, seen: set[Path]) -> bool:
        return any(path not in seen for path in list_bank(self.folder, held_out=False))


def bank_part(bank: Path, name: str) -> Path:
    """The folder of one network's files: BANK/name, or BANK itself where it holds the files.

    Raises FileNotFoundError where it stays empty for ten minutes.
    """
    folder = bank / name if (bank / name).is_dir() else bank
    wait_for_bank(folder, least=4, seconds=600.0)
    return folder


def batches_from(
    folder: Path,
    load: Callable[[Path], Any],
    make_batch: Callable[[list[Any], np.random.Generator], Batch],
    *,
    batch_size: int,
    seed: int,
    workers: int,
) -> Callable[[int], Iterator[Batch]]:
    """Endless batches for every start of a training, each start with draws of its own."""

    def batches(start: int) -> Iterator[Batch]:
        drawn = (seed, start)
        samples = BankSamples(folder, load, make_batch, batch_size=batch_size, seed=drawn)
        return background(samples, workers=workers)

    return batches


def background(samples: BankSamples, *, workers: int) -> Iterator[Batch]:
    """The batches, made by worker processes while the network trains (0: in this process)."""
    torch.multiprocessing.set_sharing_strategy("file_system")  # type: ignore[no-untyped-call]
    loader = DataLoader(
        samples,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=_one_thread,
    )
    return iter(loader)


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)
