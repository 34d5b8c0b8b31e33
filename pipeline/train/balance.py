"""Balancing a trained segmenter's classes: one offset a label, added to its logits.

Rare labels weigh more in the loss, or nothing would be learnt of them; the price is that the
trained network gives them too many voxels (nerves of twice their volume). Offsets that maximise
the Dice of held-out crops take that back (post-hoc logit adjustment, Menon et al., ICLR 2021,
here fitted instead of derived from frequencies). They become part of the last layer's bias.

python -m pipeline.train.balance --bank BANK --out RUN
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from pipeline.files import atomic_path, write_text_atomically
from pipeline.records.labels import Label
from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS
from pipeline.train.dataset import bank_part, list_bank, spread
from pipeline.train.loop import METRICS
from pipeline.train.segmenter import FOLDER, LabelledCrop, beside_root, load_crop
from pipeline.train.state import WEIGHTS

Logits = NDArray[np.float32]
Truth = NDArray[np.int64]
Voxels = NDArray[np.bool_]
_TRIED = np.arange(-8.0, 1.01, 0.5, dtype=np.float32)
_IN_TURN = [label for label in Label if label not in (Label.OTHER, Label.BRAINSTEM)]
_LESIONS = (Label.TUMOUR, Label.ANEURYSM)
_JUDGED_BESIDE = [label for label in Label if label not in (Label.OTHER, *_LESIONS)]
"""Nerves and vessels decide where they meet, beside the root exit zone; the wide veins and arteries
elsewhere in a crop would ask for other offsets. Lesions may lie anywhere."""
_SWEEPS = 2
_NEGLIGIBLE = 0.02
"""Voxels of no label whose every probability is below this stay as they are under any offset."""
_EVERY = 4
"""One voxel in so many: Dice is a ratio of counts, of which there are millions."""
_SEQUENCES = ((0, 1, 2), (0, 1), (0,), (0, 2), (0, 1))
"""Channels left to the crops in turn, as studies have them."""


def best_offsets(logits: Logits, truth: Truth, beside: Voxels) -> NDArray[np.float32]:
    """Offsets (K,) that maximise the mean Dice of all labels but the first.

    logits: (V, K) of voxels of many crops together. truth: (V,). beside: (V,), whether a voxel
    lies beside a root exit zone, where nerves and vessels are judged. Each label in turn, twice.
    """
    offsets = np.zeros(logits.shape[1], dtype=np.float32)
    for label in _IN_TURN * _SWEEPS:
        scores = []
        for value in _TRIED.tolist():
            tried = offsets.copy()
            tried[label] = value
            scores.append(_mean_dice(logits + tried, truth, beside))
        offsets[label] = _TRIED[int(np.argmax(scores))]
    return offsets


def dice_by_label(logits: Logits, truth: Truth) -> NDArray[np.float64]:
    """Dice (K,) of the likeliest label of each voxel; 1 where a label occurs in neither."""
    count = logits.shape[1]
    found = logits.argmax(axis=1)
    overlap = np.bincount(found[found == truth], minlength=count)
    sizes = np.bincount(found, minlength=count) + np.bincount(truth, minlength=count)
    return np.asarray(np.where(sizes > 0, 2 * overlap / np.maximum(sizes, 1), 1.0))


def add_to_logits(weights: Path, offsets: NDArray[np.float32]) -> None:
    """Add `offsets` to the last bias of the weights in a file, in place.

    A network whose voxels are unfolded at its end has several channels for each label, next to
    one another.
    """
    tensors = load_file(weights)
    last = next(name for name in reversed(_names_in_order()) if name.endswith(".bias"))
    channels_each = len(tensors[last]) // len(offsets)
    tensors[last] += torch.from_numpy(offsets).repeat_interleave(channels_each)
    with atomic_path(weights) as partial:
        save_file(tensors, partial)


def held_out_logits(
    network: torch.nn.Module, files: Sequence[Path], spacing_mm: float
) -> tuple[Logits, Truth, Voxels]:
    """Of the voxels that an offset might change: log probabilities, labels, whether beside.

    Shapes (V, K), (V,) and (V,). spacing_mm: of the crops.
    """
    parts = [
        _of_crop(network, load_crop(path), _SEQUENCES[n % 5], spacing_mm)
        for n, path in enumerate(files)
    ]
    logits, truth, beside = zip(*parts, strict=True)
    return np.concatenate(logits), np.concatenate(truth), np.concatenate(beside)


def _of_crop(
    network: torch.nn.Module, crop: LabelledCrop, channels: Sequence[int], spacing_mm: float
) -> tuple[Logits, Truth, Voxels]:
    kept = np.isin(np.arange(len(crop.present)), channels) & crop.present
    image = np.where(kept[:, None, None, None], crop.images, 0).astype(np.float32)
    with torch.inference_mode():
        logits = network(torch.from_numpy(image)[None])[0].flatten(1).log_softmax(0).T.numpy()
    truth = crop.labels.ravel().astype(np.int64)
    beside = beside_root(crop, spacing_mm).ravel()
    used = np.flatnonzero((logits[:, 1:].max(axis=1) > np.log(_NEGLIGIBLE)) | (truth > 0))[::_EVERY]
    return logits[used], truth[used], beside[used]


def _mean_dice(logits: Logits, truth: Truth, beside: Voxels) -> float:
    everywhere = dice_by_label(logits, truth)
    near = dice_by_label(logits[beside], truth[beside]) if beside.any() else everywhere
    return float(np.mean([*near[_JUDGED_BESIDE], *everywhere[list(_LESIONS)]]))


def _names_in_order() -> list[str]:
    return list(Bundle(MODELS / SEGMENTER).network().state_dict())


def balance(crops: Sequence[Path], run: Path) -> dict[str, float]:
    """Fit offsets on crops and put them into RUN's weights and metrics; offsets by label."""
    bundle = Bundle(MODELS / SEGMENTER)
    network = bundle.network()
    network.load_state_dict(load_file(run / WEIGHTS))
    spacing_mm = bundle.config("train")["training"]["spacing_mm"]
    offsets = best_offsets(*held_out_logits(network.eval(), crops, spacing_mm))
    add_to_logits(run / WEIGHTS, offsets)
    named = {label.name.lower(): float(offsets[label]) for label in Label}
    metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
    metrics["class_offsets"] = named
    write_text_atomically(run / METRICS, json.dumps(metrics, indent=1) + "\n")
    return named


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line. A run is balanced once, after its training has ended."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.train.balance")
    parser.add_argument("--bank", type=Path, required=True, help="folder that holds the bank")
    parser.add_argument("--out", type=Path, required=True, help="folder of the finished training")
    parser.add_argument("--crops", type=int, default=26, help="held-out crops to fit on")
    given = parser.parse_args(arguments)
    held_out = list_bank(bank_part(given.bank, FOLDER), held_out=True)
    print(json.dumps(balance(spread(held_out, given.crops), given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
