"""Training for a given time: schedule, averaged weights, checkpoints, validation, records.

The learning rate follows the elapsed share of the time budget, so that a run always ends
annealed however fast the machine is, and a resumed run goes on where it was. A run that ended can
be given more time and a new annealing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from pipeline.files import write_text_atomically
from pipeline.train.dataset import Batch
from pipeline.train.state import Plan, TrainingState

__all__ = ["LOG", "METRICS", "Plan", "Task", "train"]

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


def train(
    task: Task,
    network: nn.Module,
    batches: Callable[[int], Iterator[Batch]],
    plan: Plan,
    *,
    resume: bool,
) -> dict[str, Any]:
    """Train `network` until the budget is spent and return the metrics that were written.

    batches: endless batches with `image`, given the number of this start (for the seed).
    resume: go on from the checkpoint in `plan.out` where there is one.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    state = TrainingState(network, task.settings, plan)
    if resume:
        state.restore()
    if plan.restart_rate is not None:
        state.begin_annealing(plan.restart_rate)
    state.progress.starts += 1
    source = batches(state.progress.starts)
    source = chain([next(source)], source)  # the workers' start is not training time
    metrics = _run(task, state, source, plan)
    write_text_atomically(plan.out / METRICS, json.dumps(metrics, indent=1) + "\n")
    return metrics


def _run(task: Task, state: TrainingState, source: Iterator[Batch], plan: Plan) -> dict[str, Any]:
    budget = plan.minutes * 60.0
    progress = state.progress
    saved = validated = progress.elapsed
    while progress.elapsed < budget:
        before = time.monotonic()
        value = state.update(task.loss, next(source))
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


def _report(task: Task, state: TrainingState, plan: Plan) -> dict[str, float]:
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
    with SummaryWriter(str(out / "tensorboard")) as writer:
        for name, value in entry.items():
            writer.add_scalar(name, value, entry["step"])


def _metrics(
    task: Task, state: TrainingState, plan: Plan, scores: dict[str, float]
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
