"""Training the localiser: root exit zones, pori and brainstem on a coarse grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pipeline.segment.models import LOCALISER
from pipeline.segment.peaks import CHANNELS, find_peak
from pipeline.train.command import run_command
from pipeline.train.dataset import Batch, list_bank
from pipeline.train.training import Training
from pipeline.train.windows import LocatedImage, load_image, make_batch

FOLDER = "localiser"
FOUND = 0.2
"""Heatmap peak that validation counts as found."""


class LocaliserTask:
    """Weighted cross-entropy on heatmaps, cross-entropy and Dice on the brainstem.

    Cross-entropy keeps a peak's height a measure of certainty.
    """

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
        scale = float(gaussian) * len(CHANNELS) * len(logits)
        total: torch.Tensor = entropy / scale + area + 0.3 * overlap
        return total

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


def start_low(network: nn.Module) -> nn.Module:
    """Let an untrained network answer near zero.

    Almost all of a heatmap is background; unlearning one half everywhere would take most of a
    short training.
    """
    last = [module for module in network.modules() if isinstance(module, nn.Conv3d)][-1]
    assert last.bias is not None
    with torch.no_grad():
        last.bias[: len(CHANNELS)] = -5.0
    return network


LOCALISER_TRAINING = Training(
    bundle=LOCALISER,
    part=FOLDER,
    task=LocaliserTask,
    load=load_image,
    make_batch=make_batch,
    begun=start_low,
)

if __name__ == "__main__":
    run_command("localiser", LOCALISER_TRAINING.run)
