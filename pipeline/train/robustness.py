"""What the segmenter loses when its images change: held-out crops, one change at a time.

python -m pipeline.train.robustness --bank BANK --foreign FOREIGN --out robustness.json
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.bootstrap import Score, scored
from pipeline.records.base import Record
from pipeline.records.labels import Label
from pipeline.records.volumes import IMAGE_ROLES
from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS
from pipeline.train.bank import CROP_SPACING_MM
from pipeline.train.contest import JUDGED, dice_of_labels
from pipeline.train.dataset import bank_part, list_bank, spread
from pipeline.train.intensity import Chances, augmented
from pipeline.train.segmenter import FOLDER, LabelledCrop, beside_root, load_crop

Images = NDArray[np.float32]
_SEED = 7
_SHOWN = (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL, Label.ARTERY, Label.VEIN)
_AS_IT_IS = Chances(remap=0, gamma=0, invert=0, scale=0, bias=0, blur=0, thick_slices=0, noise=0)
CHANGES: dict[str, Chances] = {
    "contrast through a random curve": replace(_AS_IT_IS, remap=1),
    "gamma": replace(_AS_IT_IS, gamma=1),
    "dark and bright exchanged": replace(_AS_IT_IS, invert=1),
    "coil shading": replace(_AS_IT_IS, bias=1),
    "thick slices": replace(_AS_IT_IS, thick_slices=1),
    "blurred": replace(_AS_IT_IS, blur=1),
    "noise": replace(_AS_IT_IS, noise=1),
}
SEQUENCES = (("t2", "tof", "t1c"), ("t2", "tof"), ("t2", "t1c"), ("t2",), ("tof",))


class Row(Record):
    """Mean Dice by label within 12 mm of the root exit zone; intervals by subject."""

    images: str
    dice: dict[str, Score]


class Robustness(Record):
    """Over held-out crops of two settings of `pipeline.train.bank`. network: its version.

    home: of the setting that is trained on. foreign: of the one that never is.
    """

    schema_version: str = "1"
    network: str
    home: tuple[Row, ...]
    foreign: tuple[Row, ...]


def home_rows(network: nn.Module, crops: Sequence[Path]) -> tuple[Row, ...]:
    """A row for each set of sequences, then one for each change of all of them."""
    return (
        *(_row(network, crops, " and ".join(roles), _AS_IT_IS, roles) for roles in SEQUENCES),
        *(_row(network, crops, name, chances) for name, chances in CHANGES.items()),
    )


def foreign_rows(network: nn.Module, crops: Sequence[Path]) -> tuple[Row, ...]:
    """A row for each set of sequences."""
    return tuple(_row(network, crops, " and ".join(roles), _AS_IT_IS, roles) for roles in SEQUENCES)


def _row(
    network: nn.Module,
    crops: Sequence[Path],
    name: str,
    chances: Chances,
    roles: Sequence[str] = IMAGE_ROLES,
) -> Row:
    found = [(path.stem.partition("_")[0], _dice(network, path, chances, roles)) for path in crops]
    return Row(
        images=name,
        dice={
            label.name.lower(): scored(found, partial(_mean, label=label), lambda one: one[0])
            for label in _SHOWN
        },
    )


def _mean(found: Sequence[tuple[str, dict[Label, float]]], label: Label) -> float:
    return float(np.mean([dice[label] for _, dice in found]))


def _dice(
    network: nn.Module, path: Path, chances: Chances, roles: Sequence[str]
) -> dict[Label, float]:
    crop = load_crop(path)
    images = torch.from_numpy(_shown(crop, chances, roles))[None]
    with torch.inference_mode():
        found = network(images)[0].argmax(dim=0).numpy()
    near = beside_root(crop, CROP_SPACING_MM)
    return dict(zip(JUDGED, dice_of_labels(found[near], crop.labels[near]), strict=True))


def _shown(crop: LabelledCrop, chances: Chances, roles: Sequence[str]) -> Images:
    """The images (3, N, N, N) that the network is given; the same at every call."""
    rng = np.random.default_rng(_SEED)
    torch.manual_seed(_SEED)
    result = np.zeros(crop.images.shape, dtype=np.float32)
    for channel, role in enumerate(IMAGE_ROLES):
        if role in roles and crop.present[channel]:
            image = torch.from_numpy(crop.images[channel].astype(np.float32))
            result[channel] = augmented(image, rng, chances).numpy()
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: the released segmenter on held-out crops of two banks."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.train.robustness")
    parser.add_argument("--bank", type=Path, required=True, help="bank of the setting `home`")
    parser.add_argument("--foreign", type=Path, required=True, help="bank of `foreign`")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--crops", type=int, default=24, help="crops of each bank")
    given = parser.parse_args(arguments)
    bundle = Bundle(MODELS / SEGMENTER)
    network = bundle.trained_network()
    home = spread(list_bank(bank_part(given.bank, FOLDER), held_out=True), given.crops)
    foreign = spread(sorted(bank_part(given.foreign, FOLDER).glob("*.npz")), given.crops)
    Robustness(
        network=bundle.version,
        home=home_rows(network, home),
        foreign=foreign_rows(network, foreign),
    ).write(given.out)


if __name__ == "__main__":
    main()
