"""A network's training: the bundle whose configuration it follows, and what it learns from.

The bundles' own configurations call this too:
python -m monai.bundle run --config_file models/NAME/configs/train.json --bank BANK --out RUN
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline.files import write_text_atomically
from pipeline.segment.models import Bundle
from pipeline.settings import MODELS
from pipeline.train.dataset import bank_part, batches_from
from pipeline.train.loop import Task, train
from pipeline.train.state import Plan


def _as_it_is(network: nn.Module) -> nn.Module:
    return network


@dataclass(frozen=True)
class Training:
    """What distinguishes the training of one network from that of another.

    bundle: its folder below models/. part: folder of the bank that holds its files. task: loss and
    validation over a folder of files by the settings of the bundle. load: one file. make_batch:
    takes files that were loaded, a random generator and `settings`. begun: the network as its
    training begins, from the one that the bundle describes.
    """

    bundle: str
    part: str
    task: Callable[[Path, dict[str, Any]], Task]
    load: Callable[[Path], Any]
    make_batch: Callable[..., Any]
    begun: Callable[[nn.Module], nn.Module] = _as_it_is

    @property
    def settings(self) -> dict[str, Any]:
        """The section `training` of the bundle's configs/train.json."""
        values: dict[str, Any] = Bundle(MODELS / self.bundle).config("train")["training"]
        return values

    def run(
        self,
        bank: Path,
        plan: Plan,
        resume: bool,
        workers: int,
        settings: dict[str, Any] | None = None,
    ) -> None:
        """Train on this network's part of a bank (or on BANK itself where it holds the files).

        settings: others than the bundle's own.
        """
        folder, chosen = bank_part(bank, self.part), settings or self.settings
        batches = batches_from(
            folder,
            self.load,
            partial(self.make_batch, settings=chosen),
            batch_size=chosen["batch_size"],
            seed=plan.seed,
            workers=workers,
        )
        torch.manual_seed(plan.seed)
        network = self.begun(Bundle(MODELS / self.bundle).network())
        train(self.task(folder, chosen), network, batches, plan, resume=resume)

    def evaluate(self, bank: Path, destination: Path) -> dict[str, float]:
        """Scores of the released weights on a bank's held-out files, also written as JSON."""
        network = Bundle(MODELS / self.bundle).trained_network()

        def forward(images: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                logits: torch.Tensor = network(images)
            return logits

        scores = self.task(bank_part(bank, self.part), self.settings).validate(forward)
        write_text_atomically(destination, json.dumps(scores, indent=1) + "\n")
        return scores
