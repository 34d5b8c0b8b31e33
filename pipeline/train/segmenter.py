"""Training the segmenter: nine labels of one side from up to three sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.records.labels import Label
from pipeline.records.volumes import IMAGE_ROLES
from pipeline.segment.models import SEGMENTER
from pipeline.train.command import run_command
from pipeline.train.dataset import Batch, list_bank, spread
from pipeline.train.intensity import Chances, augmented
from pipeline.train.spatial import random_placement, sample
from pipeline.train.training import Training

FOLDER = "segmenter"
_NERVES, _VESSELS, _LESIONS = (2, 3, 4), (5, 6), (7, 8)
_REZ = int(Label.FACIAL_NERVE_REZ)
_AIMS = ((_LESIONS, 0.3), (_NERVES, 0.6), (_VESSELS, 0.5))
"""Where patches are centred: on a lesion with chance 0.3 where there is one, since few crops
have any; else on a nerve, else on a vessel, else anywhere."""
_PLACES_KEPT = 400
_NEAR_VOXELS = 35
"""14 mm: the vessels that decide are those beside the root exit zone."""
_JUDGED_WITHIN_MM = 12.0


@dataclass(frozen=True, eq=False)
class LabelledCrop:
    """A file of the bank: images (3, N, N, N), labels (N, N, N), present (3,).

    places: for every label that occurs, some of its voxels (K, 3) to centre patches on; of
        vessels those near the root exit zone where there are any.
    """

    images: NDArray[np.float16]
    labels: NDArray[np.uint8]
    present: NDArray[np.bool_]
    places: dict[int, NDArray[np.intp]]


def load_crop(path: Path) -> LabelledCrop:
    """Read one file of BANK/segmenter."""
    with np.load(path) as stored:
        images, labels, present = stored["images"], stored["labels"], stored["present"]
    places = {label: _some_voxels(labels, label) for label in (*_NERVES, *_VESSELS, *_LESIONS)}
    near = {label: _near(places[label], places[_REZ]) for label in _VESSELS}
    known = {label: at for label, at in {**places, **near}.items() if len(at)}
    return LabelledCrop(images, labels, present.astype(bool), known)


def _near(places: NDArray[np.intp], root: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those near the root exit zone; all where the crop does not show it, or none is near."""
    if not len(root):
        return places
    near = places[np.linalg.norm(places - root.mean(axis=0), axis=1) <= _NEAR_VOXELS]
    return near if len(near) else places


def _some_voxels(labels: NDArray[np.uint8], label: int) -> NDArray[np.intp]:
    flat = np.flatnonzero(labels == label)
    flat = flat[:: max(1, len(flat) // _PLACES_KEPT)]
    return np.stack(np.unravel_index(flat, labels.shape), axis=1)


def make_batch(
    crops: list[LabelledCrop], rng: np.random.Generator, *, settings: dict[str, Any]
) -> Batch:
    """One augmented patch of each crop: image (B, 3, S, S, S) and labels (B, 1, S, S, S)."""
    patches = [_patch(crop, rng, settings) for crop in crops]
    images, labels = zip(*patches, strict=True)
    return {"image": torch.stack(images), "label": torch.stack(labels)}


def _patch(
    crop: LabelledCrop, rng: np.random.Generator, settings: dict[str, Any]
) -> tuple[torch.Tensor, torch.Tensor]:
    size = int(settings["patch_voxels"])
    placement = random_placement(
        _centre(crop, size, rng),
        (size, size, size),
        rng,
        max_rotation_degrees=settings["max_rotation_degrees"],
        scale=tuple(settings["scale"]),
    )
    image = torch.zeros(len(IMAGE_ROLES), size, size, size)
    for channel in chosen_channels(crop.present, settings["sequence_sets"], rng):
        shift = _misregistration(channel, rng, settings)
        patch = sample(crop.images[channel], placement.shifted(shift), nearest=False)
        image[channel] = augmented(patch, rng, Chances())
    labels = sample(crop.labels, placement, nearest=True).round().to(torch.uint8)
    if rng.random() < settings["slab_edge_chance"]:
        cut_at_slab_edges(image, labels, rng)
    return image, labels[None]


def cut_at_slab_edges(image: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator) -> None:
    """Black out what lies above or below a slab, in place; each sequence has its own edge.

    image: (C, X, Y, Z), head last along Z. Where no sequence is left, the label becomes 0.
    """
    size = image.shape[-1]
    above = bool(rng.random() < 0.5)
    edge = rng.uniform(0.1, 0.6) * size
    seen = torch.zeros(size, dtype=torch.bool)
    for channel in image:
        kept = size - round(edge * rng.choice([1.0, 1.0, rng.uniform(0.0, 1.0)]))
        lost = slice(kept, size) if above else slice(0, size - kept)
        channel[..., lost] = 0.0
        if channel.any():
            seen |= channel.amax(dim=(0, 1)) > 0
    labels[..., ~seen] = 0


def _centre(crop: LabelledCrop, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A voxel near what _AIMS says, within a quarter of the patch, or anywhere."""
    shape = np.array(crop.labels.shape)
    centre = rng.uniform(0, shape - 1)
    for aim, chance in _AIMS:
        labels = [label for label in aim if label in crop.places]
        if labels and rng.random() < chance:
            places = crop.places[labels[rng.integers(len(labels))]]
            centre = places[rng.integers(len(places))] + rng.uniform(-size / 4, size / 4, 3)
            break
    margin = np.minimum(size / 2, (shape - 1) / 2)
    return np.asarray(np.clip(centre, margin, shape - 1 - margin), dtype=np.float64)


def chosen_channels(
    present: NDArray[np.bool_], sequence_sets: dict[str, float], rng: np.random.Generator
) -> list[int]:
    """The channels that this patch keeps: a random set of sequences, as far as acquired.

    sequence_sets: probability by names joined with '+'. At least one channel is always kept.
    """
    names = list(sequence_sets)
    drawn = rng.choice(len(names), p=np.array([sequence_sets[name] for name in names]))
    wanted = names[drawn].split("+")
    kept = [i for i, role in enumerate(IMAGE_ROLES) if role in wanted and present[i]]
    return kept or [int(i) for i in np.flatnonzero(present)]


def _misregistration(
    channel: int, rng: np.random.Generator, settings: dict[str, Any]
) -> NDArray[np.float64]:
    """A shift in voxels of a registered sequence against the first, uniform in a ball."""
    if channel == 0:
        return np.zeros(3)
    direction = rng.normal(size=3)
    length = settings["max_shift_mm"] / settings["spacing_mm"] * rng.random() ** (1 / 3)
    return np.asarray(direction / np.linalg.norm(direction) * length)


class SegmenterTask:
    """Dice and cross-entropy over nine labels; thin structures weigh more."""

    name = SEGMENTER

    def __init__(self, bank: Path, settings: dict[str, Any]) -> None:
        from monai.losses import DiceCELoss

        self.bank, self.settings = bank, settings
        self._loss = DiceCELoss(
            softmax=True,
            to_onehot_y=True,
            batch=True,
            weight=torch.tensor(settings["class_weights"]),
        )

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        value: torch.Tensor = self._loss.to(logits.device)(logits, batch["label"].long())
        return value

    def validate(self, forward: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, float]:
        """Dice of each label over all voxels of the held-out crops together.

        `near_` before it: over those within 12 mm of the root exit zones.
        """
        everywhere, beside = _Overlap(), _Overlap()
        held_out = list_bank(self.bank, held_out=True)
        for path in spread(held_out, self.settings["validation_files"]):
            crop = load_crop(path)
            image = np.where(crop.present[:, None, None, None], crop.images, 0)
            logits = forward(torch.from_numpy(image.astype(np.float32))[None])
            found = logits[0].argmax(dim=0).numpy()
            everywhere.add(found, crop.labels)
            near = beside_root(crop, self.settings["spacing_mm"])
            beside.add(found[near], crop.labels[near])
        dice = everywhere.dice()
        mean = float(np.mean(list(dice.values()))) if dice else 0.0
        return {**dice, **{f"near_{n}": v for n, v in beside.dice().items()}, "dice_mean": mean}


class _Overlap:
    """Voxels of each label over many crops: found, true, and both."""

    def __init__(self) -> None:
        self._common, self._sizes = np.zeros(len(Label)), np.zeros(len(Label))

    def add(self, found: NDArray[np.int64], true: NDArray[np.uint8]) -> None:
        self._common += np.bincount(found[found == true], minlength=len(Label))
        self._sizes += np.bincount(found.ravel(), minlength=len(Label))
        self._sizes += np.bincount(true.ravel(), minlength=len(Label))

    def dice(self) -> dict[str, float]:
        """`dice_<label>` of the labels that were seen at all."""
        seen = [label for label in Label if self._sizes[label] > 0]
        return {f"dice_{n.name.lower()}": float(2 * self._common[n] / self._sizes[n]) for n in seen}


def beside_root(crop: LabelledCrop, spacing_mm: float) -> NDArray[np.bool_]:
    """The voxels (N, N, N) within 12 mm of the root exit zone; none where it is not shown."""
    if _REZ not in crop.places:
        return np.zeros(crop.labels.shape, dtype=bool)
    away = np.moveaxis(np.indices(crop.labels.shape), 0, -1) - crop.places[_REZ].mean(axis=0)
    return np.asarray(np.linalg.norm(away, axis=-1) * spacing_mm <= _JUDGED_WITHIN_MM)


SEGMENTER_TRAINING = Training(
    bundle=SEGMENTER, part=FOLDER, task=SegmenterTask, load=load_crop, make_batch=make_batch
)

if __name__ == "__main__":
    run_command("segmenter", SEGMENTER_TRAINING.run)
