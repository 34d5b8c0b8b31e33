"""The training bank: generated crops and whole-head images on disk, made from seeds.

A crop is painted once and acquired several times, since anatomy costs more than imaging. Half
of the images of every role have random contrasts that no sequence makes; the other half follow
the signal equations. Every subject has marrow in its petrous bones. Test studies come from
other seeds (see `pipeline.phantom.manifest`); a seed below FIRST_TRAINING_SEED is refused here.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.geometry import Grid, side_crop
from pipeline.geometry.grid import aligned
from pipeline.geometry.sampling import sample
from pipeline.phantom.acquire import (
    field_of_view,
    left_by_registration,
    measured,
    random_protocol,
    resolved,
    rigid,
)
from pipeline.phantom.appearance import Appearance, random_appearance
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.marrow import MarrowSpace, marrow_spaces
from pipeline.phantom.priors import UseOfSet, anatomy_priors, pick
from pipeline.phantom.recipe import random_side
from pipeline.phantom.render import Device, Painting, paint
from pipeline.phantom.schematic import schematic
from pipeline.phantom.sequences import Family
from pipeline.phantom.subject import Subject, make_subject
from pipeline.phantom.template import template
from pipeline.phantom.tissues import Tissue
from pipeline.prepare.intensity import intensity_range, normalised
from pipeline.records.base import SIDES, Side
from pipeline.records.labels import Label
from pipeline.train.dataset import save_example

log = logging.getLogger(__name__)

FIRST_TRAINING_SEED = 100_000
CROP_MM, CROP_SPACING_MM, LOCALISER_SPACING_MM = 48.0, 0.4, 1.5
_PAINT_MM, _PAINTED_MM = 0.32, 57.6
"""Painted around a crop: room for its turn and shift and for the faded faces (180 voxels)."""
_LOCALISER_PAINT_MM = 1.1
_ACQUISITIONS = 2
ROLES = ("t2", "tof", "t1c")


@dataclass(frozen=True)
class Setting:
    """What a bank shows. families: shares of contrasts for each role. priors: of the anatomy.

    schematic: share of subjects whose brain is a sketch, so that no template is learnt by heart.
    """

    families: dict[str, dict[Family, float]]
    schematic: float
    priors: UseOfSet


HOME = Setting(
    families={
        "t2": {"bssfp": 0.27, "tse": 0.23, "random": 0.5},
        "tof": {"tof": 0.5, "random": 0.5},
        "t1c": {"mprage": 0.25, "vibe": 0.25, "random": 0.5},
    },
    schematic=0.2,
    priors="training",
)
"""What the networks learn from."""
FOREIGN = Setting(
    families={role: {"random": 1.0} for role in ROLES}, schematic=1.0, priors="default"
)
"""What no scanner makes, around brains that nobody has: to be tested on, never trained on."""
SETTINGS = {"home": HOME, "foreign": FOREIGN}


def make_examples(seed: int, folder: Path, device: Device = "cpu", setting: Setting = HOME) -> None:
    """Write the crops of both sides and the localiser images of one training subject."""
    if seed < FIRST_TRAINING_SEED:
        raise ValueError(f"seed {seed} is reserved for test and calibration")
    rng = np.random.default_rng([17, seed])
    priors = anatomy_priors().sets[setting.priors]
    recipes = {side: random_side(priors, rng) for side in SIDES}
    base = schematic() if rng.random() < setting.schematic else template()
    subject = make_subject(seed, recipes, base)
    marrow = marrow_spaces([subject.sides[side].canal for side in SIDES], rng)
    for side in SIDES:
        for take, arrays in enumerate(_crops(subject, marrow, side, device, rng, setting)):
            save_example(folder / "segmenter" / f"{seed}_{take}_{side}.npz", **arrays)
    for take in range(_ACQUISITIONS):
        arrays = _localiser_image(subject, marrow, device, rng, setting)
        save_example(folder / "localiser" / f"{seed}_{take}.npz", **arrays)


def crop_centre(rez: NDArray[np.float64], porus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre of a side's crop: midway between root exit zone and porus."""
    return 0.5 * (np.asarray(rez) + np.asarray(porus))


def _landmarks(subject: Subject) -> NDArray[np.float64]:
    """(4, 3): left REZ, right REZ, left porus, right porus."""
    rez = [subject.sides[s].nerve.at(0.5 * subject.sides[s].nerve.zone_end_mm) for s in SIDES]
    porus = [subject.sides[s].nerve.at(subject.sides[s].nerve.porus_mm) for s in SIDES]
    return np.stack([*rez, *porus])


def _crops(
    subject: Subject,
    marrow: Sequence[MarrowSpace],
    side: Side,
    device: Device,
    rng: np.random.Generator,
    setting: Setting,
) -> list[dict[str, NDArray[np.generic]]]:
    """One side painted once and acquired several times."""
    points = _landmarks(subject)
    index = SIDES.index(side)
    centre = crop_centre(points[index], points[index + 2])
    looks = [look for _ in range(_ACQUISITIONS) for look in _looks(ROLES, rng, setting)]
    grid = aligned(centre, [_PAINTED_MM] * 3, _PAINT_MM)
    painting = paint(subject, grid, looks, marrow, device)
    return [
        _crop(painting, range(first, first + len(ROLES)), looks, side, centre, rng)
        for first in range(0, len(looks), len(ROLES))
    ]


def _looks(roles: Sequence[str], rng: np.random.Generator, setting: Setting) -> list[Appearance]:
    """The sequences of one examination, at one field strength."""
    tesla = float(rng.choice([1.5, 3.0], p=[0.4, 0.6]))
    return [random_appearance(pick(setting.families[role], rng), rng, tesla) for role in roles]


def _crop(
    painting: Painting,
    channels: Sequence[int],
    looks: Sequence[Appearance],
    side: Side,
    centre: NDArray[np.float64],
    rng: np.random.Generator,
) -> dict[str, NDArray[np.generic]]:
    """A crop placed as the localiser may place it, turned as a head lies in the scanner."""
    crop = side_crop(centre + rng.normal(0.0, 1.2, 3), side, CROP_MM, CROP_SPACING_MM)
    turn = rigid(rng.normal(0.0, 0.05, 3), np.zeros(3), centre)
    images = [
        _acquired(painting, channel, looks[channel], role, crop.moved(turn), rng)
        for channel, role in zip(channels, ROLES, strict=True)
    ]
    labels = torch.as_tensor(painting.labels)[None].float()
    return {
        "images": np.stack(images).astype(np.float16),
        "labels": _array(
            sample(labels, painting.grid, crop.moved(turn), nearest=True)[0], np.uint8
        ),
        "present": np.ones(len(images), bool),
    }


def _acquired(
    painting: Painting,
    channel: int,
    look: Appearance,
    role: str,
    crop: Grid,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """One sequence in the crop, with what registration leaves of the motion between them."""
    protocol = random_protocol(look.family, role, rng)
    grid = field_of_view(painting.grid, protocol)
    clean = resolved(painting.images[channel], painting.grid, protocol, grid.shape)
    image = measured(clean, grid, protocol, reference_signal(look, role) / protocol.snr, rng)
    moved = None
    if role != "t2":
        moved = left_by_registration(rng, crop.centre_lps)
    seen = _array(sample(image[None], grid, crop, target_to_grid_lps=moved)[0], np.float32)
    return normalised(seen, *intensity_range(seen))


def reference_signal(look: Appearance, role: str) -> float:
    """Brightness to which the SNR refers: liquor on T2, white matter elsewhere."""
    return float(max(look.signal[Tissue.CSF if role == "t2" else Tissue.WHITE_MATTER], 0.3))


def _localiser_image(
    subject: Subject,
    marrow: Sequence[MarrowSpace],
    device: Device,
    rng: np.random.Generator,
    setting: Setting,
) -> dict[str, NDArray[np.generic]]:
    """A whole slab as one sequence sees it, at the localiser's spacing."""
    role = str(rng.choice(ROLES, p=[0.5, 0.35, 0.15]))
    (look,) = _looks([role], rng, setting)
    points = _landmarks(subject)
    extent = np.array([rng.uniform(110, 200), rng.uniform(110, 200), rng.uniform(28, 85)])
    centre = points[:2].mean(axis=0) + rng.normal(0.0, 1.0, 3) * [4.0, 12.0, 0.22 * extent[2]]
    painting = paint(
        subject, aligned(centre, extent + 8.0, _LOCALISER_PAINT_MM), [look], marrow, device
    )
    turned = rigid(rng.normal(0.0, 0.12, 3), np.zeros(3), centre)  # head position
    grid = aligned(centre, extent, LOCALISER_SPACING_MM)
    stem = torch.as_tensor(painting.labels == Label.BRAINSTEM).to(painting.images)
    both = torch.stack([painting.images[0], stem])
    image, mask = sample(both, painting.grid, grid, target_to_grid_lps=turned)
    moved = _carried(points, np.linalg.inv(turned))
    moved[~grid.contains(moved)] = np.nan
    protocol = random_protocol(look.family, role, rng)
    sigma = reference_signal(look, role) / protocol.snr
    seen = _array(measured(image, grid, protocol, sigma, rng), np.float32)
    return {
        "image": normalised(seen, *intensity_range(seen)).astype(np.float16),
        "affine": grid.affine,
        "landmarks": moved,
        "brainstem": _array(mask > 0.5, np.uint8),
    }


def _carried(points: NDArray[np.float64], transform: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(points @ transform[:3, :3].T + transform[:3, 3])


def _array(tensor: Tensor, kind: type[np.generic]) -> NDArray[np.generic]:
    return tensor.cpu().numpy().astype(kind)


def main() -> None:
    """Make a bank: python -m pipeline.train.bank --out DIR --first SEED --count N."""
    parser = argparse.ArgumentParser(description="make a bank of generated training examples")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=FIRST_TRAINING_SEED)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is one")
    parser.add_argument("--setting", default="home", choices=SETTINGS, help="what it shows")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for seed in range(arguments.first, arguments.first + arguments.count):
        try:
            make_examples(seed, arguments.out, arguments.device, SETTINGS[arguments.setting])
            log.info("seed %d", seed)
        except ImpossibleAnatomyError as error:
            log.info("%s", error)


if __name__ == "__main__":
    main()
