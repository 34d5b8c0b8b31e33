"""Training for a given time: schedule, averaged weights, checkpoints, validation, records.

The learning rate follows the elapsed share of the time budget, so that a run always ends
annealed however fast the machine is, and a resumed run goes on where it was.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

from pipeline.files import atomic_path, write_text_atomically
from pipeline.train.dataset import Batch

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "model.safetensors"
METRICS = "metrics.json"
LOG = "log.jsonl"


class Task(Protocol):
    """What distinguishes one training from another."""

    name: str
    settings: dict[str, Any]

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """A scalar to minimise; logits are float32."""

    def validate(self, forward: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, float]:
        """Scores on held-out files; `forward` maps images (N, C, X, Y, Z) to float32 logits."""


@dataclass(frozen=True)
class Plan:
    """out: folder of checkpoint, log, metrics and weights. minutes: the whole time budget.

    checkpoint_seconds, validate_seconds: training time between two of them.
    """

    out: Path
    minutes: float
    seed: int = 1
    threads: int = 2
    device: str = "cpu"
    checkpoint_seconds: float = 180.0
    validate_seconds: float = 300.0


@dataclass
class Progress:
    """elapsed: seconds trained over all starts; step: weight updates; starts: of this run."""

    elapsed: float = 0.0
    step: int = 0
    starts: int = 0
    recent_loss: list[float] = field(default_factory=list)


def train(
    task: Task, network: nn.Module, batches: Callable[[int], Iterator[Batch]], plan: Plan,
    *, resume: bool,
) -> dict[str, Any]:
    """Train `network` until the budget is spent and return the metrics that were written.

    batches: endless batches with `image`, given the number of this start (for the seed).
    resume: go on from the checkpoint in `plan.out` where there is one.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    state = _TrainingState(network, task.settings, plan)
    if resume:
        state.restore()
    state.progress.starts += 1
    source = batches(state.progress.starts)
    source = chain([next(source)], source)  # the workers' start is not training time
    metrics = _run(task, state, source, plan)
    write_text_atomically(plan.out / METRICS, json.dumps(metrics, indent=1) + "\n")
    return metrics


def _run(
    task: Task, state: _TrainingState, source: Iterator[Batch], plan: Plan
) -> dict[str, Any]:
    budget = plan.minutes * 60.0
    progress = state.progress
    saved = validated = progress.elapsed
    while progress.elapsed < budget:
        before = time.monotonic()
        value = state.update(task, next(source), progress.elapsed / budget)
        progress.elapsed += time.monotonic() - before
        progress.step += 1
        progress.recent_loss = [*progress.recent_loss[-199:], value]
        if progress.elapsed - saved > plan.checkpoint_seconds:
            state.save()
            saved = progress.elapsed
        if progress.elapsed - validated > plan.validate_seconds:
            _report(task, state, plan)
            validated = progress.elapsed
    state.save()
    scores = _report(task, state, plan)
    return _metrics(task, state, plan, scores)


class _TrainingState:
    """Network, its running average, optimiser and progress: all that a checkpoint holds."""

    def __init__(self, network: nn.Module, settings: dict[str, Any], plan: Plan) -> None:
        self.plan = plan
        self.device = torch.device(plan.device)
        self.half_precision = computes_bfloat16_fast(self.device)
        self.network = network.to(self.device, memory_format=torch.channels_last_3d)
        self.average = AveragedModel(self.network, avg_fn=_averaging(settings["ema_decay"]))
        self.peak_rate = float(settings["learning_rate"])
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), self.peak_rate, weight_decay=settings["weight_decay"]
        )
        self.progress = Progress()

    def update(self, task: Task, batch: Batch, elapsed_share: float) -> float:
        """One step on one batch; returns the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.peak_rate * learning_rate_factor(elapsed_share)
        batch = {name: values.to(self.device) for name, values in batch.items()}
        self.network.train()
        loss = task.loss(self._forward(self.network, batch["image"]), batch)
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
    return torch.cuda.is_bf16_supported()


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

    def average(
        kept: torch.Tensor, new: torch.Tensor, count: torch.Tensor | int
    ) -> torch.Tensor:
        rate = min(decay, (1.0 + float(count)) / (10.0 + float(count)))
        return kept + (new - kept) * (1.0 - rate)

    return average


def _report(task: Task, state: _TrainingState, plan: Plan) -> dict[str, float]:
    """Validate, then print and log the scores."""
    progress = state.progress
    scores = task.validate(state.forward_average)
    losses = progress.recent_loss
    entry: dict[str, Any] = {
        "minutes": round(progress.elapsed / 60.0, 2),
        "step": progress.step,
        "loss": round(sum(losses) / max(len(losses), 1), 4),
        **{name: round(value, 4) for name, value in scores.items()},
    }
    sys.stdout.write(f"{task.name}: {json.dumps(entry)}\n")
    sys.stdout.flush()
    with (plan.out / LOG).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")
    _log_to_tensorboard(entry, plan.out)
    return scores


def _log_to_tensorboard(entry: dict[str, Any], out: Path) -> None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return
    with SummaryWriter(str(out / "tensorboard")) as writer:  # type: ignore[no-untyped-call]
        for name, value in entry.items():
            writer.add_scalar(name, value, entry["step"])  # type: ignore[no-untyped-call]


def _metrics(
    task: Task, state: _TrainingState, plan: Plan, scores: dict[str, float]
) -> dict[str, Any]:
    progress = state.progress
    return {
        "network": task.name,
        "seed": plan.seed,
        "starts": progress.starts,
        "training_seconds": round(progress.elapsed, 1),
        "steps": progress.step,
        "threads": plan.threads,
        "device": plan.device,
        "precision": "bfloat16" if state.half_precision else "float32",
        "torch": torch.__version__.split("+")[0],
        "settings": task.settings,
        "validation": {name: round(value, 4) for name, value in scores.items()},
    }
