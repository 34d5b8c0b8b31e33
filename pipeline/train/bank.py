"""The training bank: generated crops and whole-head images on disk, made from seeds.

A crop is painted once and acquired several times, since anatomy costs more than imaging. Test
studies come from other seeds (see `pipeline.phantom.manifest`); a seed below
FIRST_TRAINING_SEED is refused here.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.files import atomic_path
from pipeline.geometry import Grid, Volume, resample, side_crop
from pipeline.geometry.grid import isotropic
from pipeline.phantom.acquire import observed, random_protocol, rigid, slab_grid, smoothed
from pipeline.phantom.appearance import Appearance, Family, random_appearance
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.marrow import marrow_spaces
from pipeline.phantom.priors import anatomy_priors
from pipeline.phantom.recipe import random_side
from pipeline.phantom.render import Painting, paint
from pipeline.phantom.subject import Subject, make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.prepare.intensity import intensity_range, normalised
from pipeline.records.base import SIDES, Side

log = logging.getLogger(__name__)

FIRST_TRAINING_SEED = 100_000
CROP_MM, CROP_SPACING_MM, LOCALISER_SPACING_MM = 48.0, 0.4, 1.5
_PAINT_MM = 0.32
_ACQUISITIONS = 2
_FAMILIES: dict[str, tuple[list[Family], list[float]]] = {
    "t2": (["bssfp", "tse", "random"], [0.4, 0.35, 0.25]),
    "tof": (["tof", "random"], [0.85, 0.15]),
    "t1c": (["mprage", "vibe", "random"], [0.45, 0.4, 0.15]),
}
ROLES = ("t2", "tof", "t1c")


def make_examples(seed: int, folder: Path) -> None:
    """Write the crops of both sides and the localiser images of one training subject."""
    if seed < FIRST_TRAINING_SEED:
        raise ValueError(f"seed {seed} is reserved for test and calibration")
    rng = np.random.default_rng([17, seed])
    priors = anatomy_priors().sets["training"]
    recipes = {side: random_side(priors, rng) for side in SIDES}
    subject = make_subject(seed, recipes)
    looks = [
        random_appearance(_family(role, rng), rng) for _ in range(_ACQUISITIONS) for role in ROLES
    ]
    marrow = marrow_spaces([subject.sides[side].canal for side in SIDES], rng)
    painting = paint(subject, _two_crops_grid(subject), looks, marrow)
    for take in range(_ACQUISITIONS):
        images = [
            _acquired(painting, take * 3 + channel, looks, role, subject, rng)
            for channel, role in enumerate(ROLES)
        ]
        for side in SIDES:
            _write_crop(
                folder / "segmenter" / f"{seed}_{take}_{side}.npz",
                subject,
                side,
                images,
                painting,
                rng,
            )
    for take in range(_ACQUISITIONS):
        _write_localiser(folder / "localiser" / f"{seed}_{take}.npz", subject, rng)


def crop_centre(rez: NDArray[np.float64], porus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre of a side's crop: midway between root exit zone and porus."""
    return 0.5 * (np.asarray(rez) + np.asarray(porus))


def _family(role: str, rng: np.random.Generator) -> Family:
    options, weights = _FAMILIES[role]
    return options[int(rng.choice(len(options), p=weights))]


def _landmarks(subject: Subject) -> NDArray[np.float64]:
    """(4, 3): left REZ, right REZ, left porus, right porus."""
    rez = [subject.sides[s].nerve.at(0.5 * subject.sides[s].nerve.zone_end_mm) for s in SIDES]
    porus = [subject.sides[s].nerve.at(subject.sides[s].nerve.porus_mm) for s in SIDES]
    return np.stack([*rez, *porus])


def _two_crops_grid(subject: Subject) -> Grid:
    """The part of space that both crops, slightly moved and turned, can reach."""
    points = _landmarks(subject)
    centres = np.stack([crop_centre(points[i], points[i + 2]) for i in (0, 1)])
    low, high = centres.min(axis=0) - CROP_MM / 2 - 4.0, centres.max(axis=0) + CROP_MM / 2 + 4.0
    affine = np.diag([_PAINT_MM] * 3 + [1.0])
    affine[:3, 3] = low
    shape = np.ceil((high - low) / _PAINT_MM).astype(int)
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _acquired(
    painting: Painting,
    channel: int,
    looks: list[Appearance],
    role: str,
    subject: Subject,
    rng: np.random.Generator,
) -> Volume:
    """One sequence over both crops, with what registration leaves of the motion between them."""
    look = looks[channel]
    protocol = random_protocol(look.family, role, rng)
    blurred = Volume(smoothed(painting.images[channel], _PAINT_MM, protocol), painting.grid)
    centre = painting.grid.centre_lps
    size = np.array(painting.grid.shape) * _PAINT_MM
    grid = slab_grid(centre, protocol, (size[0], size[1], size[2]), rng.normal(0.0, 0.08, 3))
    left_over = (
        np.eye(4) if role == "t2" else rigid(rng.normal(0, 0.004, 3), rng.normal(0, 0.2, 3), centre)
    )
    clean = resample(blurred, grid, target_to_volume_lps=left_over)
    brightest = Tissue.CSF if role == "t2" else Tissue.WHITE_MATTER
    return observed(clean, protocol, float(max(look.signal[brightest], 0.3)), rng)


def _write_crop(
    path: Path,
    subject: Subject,
    side: Side,
    images: list[Volume],
    painting: Painting,
    rng: np.random.Generator,
) -> None:
    points = _landmarks(subject)
    index = SIDES.index(side)
    centre = crop_centre(points[index], points[index + 2]) + rng.normal(0.0, 1.2, 3)
    grid = side_crop(centre, side, CROP_MM, CROP_SPACING_MM)
    channels = []
    for image in images:
        crop = resample(image, grid).array
        channels.append(normalised(crop, *intensity_range(crop)))
    labels = resample(Volume(painting.labels, painting.grid), grid, order=0).array
    _save(
        path,
        images=np.stack(channels).astype(np.float16),
        labels=labels.astype(np.uint8),
        present=np.ones(3, bool),
    )


def _write_localiser(path: Path, subject: Subject, rng: np.random.Generator) -> None:
    """A whole slab as one sequence sees it, at the localiser's spacing."""
    role = str(rng.choice(["t2", "tof", "t1c"], p=[0.5, 0.35, 0.15]))
    look = random_appearance(_family(role, rng), rng)
    points = _landmarks(subject)
    extent = np.array([rng.uniform(110, 200), rng.uniform(110, 200), rng.uniform(28, 85)])
    centre = points[:2].mean(axis=0) + rng.normal(0.0, 1.0, 3) * [4.0, 12.0, 0.22 * extent[2]]
    box = isotropic(centre, 1.0, 1.0)
    shape = np.ceil((extent + 8.0) / 1.1).astype(int)
    affine = np.diag([1.1, 1.1, 1.1, 1.0])
    affine[:3, 3] = box.centre_lps - 1.1 * (shape - 1) / 2
    painting = paint(subject, Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine), [look])
    protocol = random_protocol(look.family, role, rng)
    turned = rigid(rng.normal(0.0, 0.12, 3), np.zeros(3), centre)  # head position
    grid = _scanner_grid(centre, extent)
    image = resample(Volume(painting.images[0], painting.grid), grid, target_to_volume_lps=turned)
    stem = Volume((painting.labels == 1).astype(np.float32), painting.grid)
    mask = resample(stem, grid, target_to_volume_lps=turned).array > 0.5
    back = np.linalg.inv(turned)
    moved = points @ back[:3, :3].T + back[:3, 3]
    moved[~grid.contains(moved)] = np.nan
    noisy = observed(
        image,
        protocol,
        float(max(look.signal[Tissue.CSF if role == "t2" else Tissue.WHITE_MATTER], 0.3)),
        rng,
    )
    array = normalised(noisy.array, *intensity_range(noisy.array))
    _save(
        path,
        image=array.astype(np.float16),
        affine=grid.affine,
        landmarks=moved,
        brainstem=mask.astype(np.uint8),
    )


def _scanner_grid(centre: NDArray[np.float64], extent: NDArray[np.float64]) -> Grid:
    shape = np.maximum(np.round(extent / LOCALISER_SPACING_MM), 8).astype(int)
    affine = np.diag([LOCALISER_SPACING_MM] * 3 + [1.0])
    affine[:3, 3] = centre - LOCALISER_SPACING_MM * (shape - 1) / 2
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _save(path: Path, **arrays: NDArray[np.generic]) -> None:
    with atomic_path(path) as partial, partial.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def main() -> None:
    """Make a bank: python -m pipeline.train.bank --out DIR --first SEED --count N."""
    parser = argparse.ArgumentParser(description="make a bank of generated training examples")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=FIRST_TRAINING_SEED)
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for seed in range(arguments.first, arguments.first + arguments.count):
        try:
            make_examples(seed, arguments.out)
            log.info("seed %d", seed)
        except ImpossibleAnatomyError as error:
            log.info("%s", error)


if __name__ == "__main__":
    main()
