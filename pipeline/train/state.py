"""Everything that a training changes: network, running average, optimiser, progress."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

from pipeline.files import atomic_path
from pipeline.train.dataset import Batch

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "model.safetensors"
Loss = Callable[[torch.Tensor, Batch], torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """out: folder of checkpoint, log, metrics and weights. minutes: the whole time budget.

    restart_rate: share of the peak learning rate at which a resumed training begins a new
    annealing over the time that is left; None goes on where it was.
    checkpoint_seconds, validate_seconds: training time between two of them.
    """

    out: Path
    minutes: float
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    restart_rate: float | None = None
    checkpoint_seconds: float = 180.0
    validate_seconds: float = 600.0


@dataclass
class Progress:
    """elapsed: seconds trained over all starts; step: weight updates; starts: of this run.

    annealed_from, annealed_rate: elapsed seconds and share of the peak learning rate at which
    the present annealing began.
    """

    elapsed: float = 0.0
    step: int = 0
    starts: int = 0
    annealed_from: float = 0.0
    annealed_rate: float = 1.0
    recent_loss: list[float] = field(default_factory=list)


class TrainingState:
    """Network, its running average, optimiser and progress: all that a checkpoint holds."""

    def __init__(self, network: nn.Module, settings: dict[str, Any], plan: Plan) -> None:
        self.plan = plan
        self.device = torch.device(plan.device)
        self.half_precision = computes_bfloat16_fast(self.device)
        self.network = network.to(self.device).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self.average = AveragedModel(self.network, avg_fn=_averaging(settings["ema_decay"]))
        self.peak_rate = float(settings["learning_rate"])
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), self.peak_rate, weight_decay=settings["weight_decay"]
        )
        self.progress = Progress()

    def begin_annealing(self, rate: float) -> None:
        """Anneal anew from `rate`, a share of the peak learning rate, over the time left."""
        self.progress.annealed_from, self.progress.annealed_rate = self.progress.elapsed, rate

    def learning_rate(self) -> float:
        """By the elapsed share of the present annealing."""
        progress = self.progress
        whole = self.plan.minutes * 60.0 - progress.annealed_from
        share = (progress.elapsed - progress.annealed_from) / whole
        return self.peak_rate * progress.annealed_rate * learning_rate_factor(share)

    def update(self, compute_loss: Loss, batch: Batch) -> float:
        """One step on one batch; returns the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        batch = {name: values.to(self.device) for name, values in batch.items()}
        self.network.train()
        loss = compute_loss(self._forward(self.network, batch["image"]), batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        return float(loss.detach())

    def forward_average(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of the averaged network, float32 on the CPU."""
        self.average.eval()
        with torch.no_grad():
            return self._forward(self.average, images.to(self.device)).cpu()

    def _forward(self, network: nn.Module, images: torch.Tensor) -> torch.Tensor:
        images = images.contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half_precision):
            logits: torch.Tensor = network(images)
        return logits.float()

    def save(self) -> None:
        """Write the checkpoint and, beside it, the averaged weights."""
        content = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
        }
        with atomic_path(self.plan.out / CHECKPOINT) as partial:
            torch.save(content, partial)
        weights = {
            name: values.detach().cpu().contiguous()
            for name, values in self.average.module.state_dict().items()
        }
        with atomic_path(self.plan.out / WEIGHTS) as partial:
            save_file(weights, partial)

    def restore(self) -> None:
        """Continue from the checkpoint; a fresh start where there is none."""
        path = self.plan.out / CHECKPOINT
        if not path.exists():
            return
        content = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(content["network"])
        self.average.load_state_dict(content["average"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.progress = Progress(**content["progress"])


def computes_bfloat16_fast(device: torch.device) -> bool:
    """Whether bfloat16 is native there; elsewhere it is emulated, some fifty times slower."""
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported())
    return bool(torch.cuda.is_bf16_supported())


def learning_rate_factor(elapsed_share: float) -> float:
    """1 at the end of a warm-up over the first 5 % of the time, then a half cosine to 0."""
    if elapsed_share < 0.05:
        return max(elapsed_share / 0.05, 0.02)
    share = min((elapsed_share - 0.05) / 0.95, 1.0)
    return max(0.5 * (1 + math.cos(math.pi * share)), 0.001)


def _averaging(
    decay: float,
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor | int], torch.Tensor]:
    """An exponential average that starts short, so that early weights do not linger."""

    def average(kept: torch.Tensor, new: torch.Tensor, count: torch.Tensor | int) -> torch.Tensor:
        rate = min(decay, (1.0 + float(count)) / (10.0 + float(count)))
        return kept + (new - kept) * (1.0 - rate)

    return average
