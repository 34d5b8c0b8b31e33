"""Training the localiser: root exit zones, pori and brainstem on a coarse grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pipeline.segment.models import LOCALISER, Bundle
from pipeline.segment.peaks import CHANNELS, find_peak
from pipeline.settings import MODELS
from pipeline.train.command import run_command
from pipeline.train.dataset import BankSamples, Batch, background, list_bank, wait_for_bank
from pipeline.train.intensity import Chances, augmented
from pipeline.train.loop import Plan, train
from pipeline.train.spatial import Placement, random_placement, sample
from pipeline.train.views import limited_view

FOLDER = "localiser"
MIRRORED = (1, 0, 3, 2)
"""Channel that each landmark becomes when the patient's left and right change places."""
FOUND = 0.2
"""Heatmap peak that validation counts as found."""
_CHANCES = Chances(remap=0.4, gamma=0.4, invert=0.25)
"""More inversion than the segmenter's: the reference may be T2, where CSF is bright, or TOF."""


@dataclass(frozen=True, eq=False)
class LocatedImage:
    """A file of the bank. landmarks: array indices (4, 3) in the order of CHANNELS, NaN where
    the landmark lies outside the image."""

    image: NDArray[np.float16]
    brainstem: NDArray[np.uint8]
    landmarks: NDArray[np.float64]


def load_image(path: Path) -> LocatedImage:
    """Read one file of BANK/localiser at half its resolution, the spacing of the network.

    Landmarks are turned from LPS mm into array indices.
    """
    with np.load(path) as stored:
        inverse = np.linalg.inv(stored["affine"])
        points = stored["landmarks"] @ inverse[:3, :3].T + inverse[:3, 3]
        brainstem = _halved(stored["brainstem"].astype(np.float32)) > 0.5
        return LocatedImage(
            _halved(stored["image"].astype(np.float32)).astype(np.float16),
            brainstem.astype(np.uint8),
            (points - 0.5) / 2.0,
        )


def _halved(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2 x 2 voxels; an odd last one is dropped."""
    x, y, z = (n // 2 for n in array.shape)
    blocks = array[: 2 * x, : 2 * y, : 2 * z].reshape(x, 2, y, 2, z, 2)
    return np.asarray(blocks.mean(axis=(1, 3, 5)), dtype=np.float32)


def make_batch(
    images: list[LocatedImage], rng: np.random.Generator, *, settings: dict[str, Any]
) -> Batch:
    """Augmented windows of one random size: image (B, 1, ...), heatmaps (B, 4, ...) and
    brainstem (B, 1, ...)."""
    windows = settings["windows_voxels"]
    shape = tuple(windows[rng.integers(len(windows))])
    parts = [_window(image, shape, rng, settings) for image in images]
    return {name: torch.stack([part[name] for part in parts]) for name in parts[0]}


def _window(
    source: LocatedImage,
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    settings: dict[str, Any],
) -> Batch:
    mirror = bool(rng.random() < 0.5)
    placement = random_placement(
        _centre(source, rng, settings["max_offset_mm"] / settings["spacing_mm"]),
        shape,
        rng,
        max_rotation_degrees=settings["max_rotation_degrees"],
        scale=tuple(settings["scale"]),
        mirror=mirror,
    )
    points = moved_landmarks(source.landmarks, placement, mirror=mirror)
    view = limited_view(points, shape, rng, settings["spacing_mm"])
    image = augmented(sample(source.image, placement, nearest=False) * view, rng, _CHANCES)
    brainstem = sample(source.brainstem, placement, nearest=True) * view
    points = np.where(_visible(points, view)[:, None], points, np.nan)
    sigma = settings["heatmap_sigma_mm"] / settings["spacing_mm"]
    return {
        "image": image[None],
        "heatmaps": heatmaps(points, shape, sigma),
        "brainstem": brainstem[None],
    }


def _centre(
    source: LocatedImage, rng: np.random.Generator, reach: float
) -> NDArray[np.float64]:
    """Near the landmarks, or near the image's middle where it has none."""
    known = source.landmarks[~np.isnan(source.landmarks).any(axis=1)]
    middle = known.mean(axis=0) if len(known) else (np.array(source.image.shape) - 1) / 2
    return np.asarray(middle + rng.uniform(-reach, reach, 3))


def moved_landmarks(
    landmarks: NDArray[np.float64], placement: Placement, *, mirror: bool
) -> NDArray[np.float64]:
    """Landmarks (4, 3) as indices of the window; sides change places when it is mirrored."""
    points = placement.to_patch(landmarks)
    return points[list(MIRRORED)] if mirror else points


def _visible(points: NDArray[np.float64], view: torch.Tensor) -> NDArray[np.bool_]:
    """Which points fall on voxels that the window still shows."""
    nearest = np.rint(np.nan_to_num(points, nan=-1.0)).astype(int)
    inside = ((nearest >= 0) & (nearest < np.array(view.shape))).all(axis=1)
    shown = [bool(ok and view[tuple(at)] > 0) for ok, at in zip(inside, nearest, strict=True)]
    return np.array(shown)


def heatmaps(
    points: NDArray[np.float64], shape: tuple[int, int, int], sigma_voxels: float
) -> torch.Tensor:
    """Gaussians of height 1 at each point (index, shape (4, 3)), all zero for NaN."""
    result = torch.zeros(len(points), *shape)
    for channel, point in enumerate(points):
        if np.isnan(point).any():
            continue
        x, y, z = (
            torch.exp(-0.5 * ((torch.arange(n) - float(at)) / sigma_voxels) ** 2)
            for n, at in zip(shape, point, strict=True)
        )
        result[channel] = x[:, None, None] * y[None, :, None] * z[None, None, :]
    return result


class LocaliserTask:
    """Weighted cross-entropy on the heatmaps, so that a peak's height stays a probability, and
    cross-entropy with Dice on the brainstem."""

    name = LOCALISER

    def __init__(self, bank: Path, settings: dict[str, Any]) -> None:
        from monai.losses import DiceLoss

        self.bank, self.settings = bank, settings
        self._dice = DiceLoss(sigmoid=True, batch=True)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        peaks, targets = logits[:, : len(CHANNELS)], batch["heatmaps"]
        weight = 1.0 + self.settings["peak_weight"] * targets
        entropy = functional.binary_cross_entropy_with_logits(
            peaks, targets, weight, reduction="sum"
        )
        sigma = self.settings["heatmap_sigma_mm"] / self.settings["spacing_mm"]
        gaussian = (2 * np.pi) ** 1.5 * sigma**3 * self.settings["peak_weight"]
        stem = logits[:, len(CHANNELS) :]
        area = functional.binary_cross_entropy_with_logits(stem, batch["brainstem"])
        overlap: torch.Tensor = self._dice(stem, batch["brainstem"])
        return entropy / (gaussian * len(CHANNELS) * len(logits)) + area + 0.3 * overlap

    def validate(self, forward: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, float]:
        """Distances in mm between found and true landmarks on whole held-out images."""
        errors: list[float] = []
        missed = invented = swapped = 0
        for path in list_bank(self.bank, held_out=True)[: self.settings["validation_files"]]:
            source = load_image(path)
            found = _found_landmarks(forward, source)
            true = source.landmarks
            here, known = ~np.isnan(found[:, 0]), ~np.isnan(true[:, 0])
            distance = np.linalg.norm(found - true, axis=1) * self.settings["spacing_mm"]
            errors += distance[here & known].tolist()
            missed += int((known & ~here).sum())
            invented += int((here & ~known).sum())
            swapped += int(np.sum(found[0] - found[1], where=[True, False, False]) < 0)
        if not errors:
            return {"missed": float(missed), "invented": float(invented)}
        return {
            "error_median_mm": float(np.median(errors)),
            "error_p95_mm": float(np.percentile(errors, 95)),
            "within_2mm": float(np.mean(np.array(errors) <= 2.0)),
            "missed": float(missed),
            "invented": float(invented),
            "swapped": float(swapped),
        }


def _found_landmarks(
    forward: Callable[[torch.Tensor], torch.Tensor], source: LocatedImage
) -> NDArray[np.float64]:
    """Indices (4, 3) of the peaks, NaN where the peak is lower than FOUND."""
    image = torch.from_numpy(source.image.astype(np.float32))[None, None]
    padding = [amount for n in reversed(image.shape[2:]) for amount in (0, -n % 16)]
    maps = forward(functional.pad(image, padding))[0, : len(CHANNELS)].sigmoid().numpy()
    peaks = [find_peak(heatmap) for heatmap in maps]
    return np.array([p.index if p.height >= FOUND else np.full(3, np.nan) for p in peaks])


def train_localiser(bank: Path, plan: Plan, resume: bool, workers: int) -> None:
    """Train on BANK/localiser (or BANK itself where it holds the files)."""
    folder = bank / FOLDER if (bank / FOLDER).is_dir() else bank
    bundle = Bundle(MODELS / LOCALISER)
    settings = bundle.config("train")["training"]
    wait_for_bank(folder, least=4, seconds=600.0)

    def batches(start: int) -> Iterator[Batch]:
        samples = BankSamples(
            folder,
            load_image,
            partial(make_batch, settings=settings),
            batch_size=settings["batch_size"],
            seed=(plan.seed, start),
        )
        return background(samples, workers=workers)

    torch.manual_seed(plan.seed)
    network = start_low(bundle.network())
    train(LocaliserTask(folder, settings), network, batches, plan, resume=resume)


def start_low(network: nn.Module) -> nn.Module:
    """Let an untrained network answer near zero: almost all of a heatmap is background, and
    unlearning one half everywhere would take most of a short training."""
    last = [module for module in network.modules() if isinstance(module, nn.Conv3d)][-1]
    assert last.bias is not None
    with torch.no_grad():
        last.bias[: len(CHANNELS)] = -5.0
    return network


if __name__ == "__main__":
    run_command("localiser", train_localiser)
