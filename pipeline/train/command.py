"""The options that both trainings share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from pipeline.train.state import Plan

Train = Callable[[Path, Plan, bool, int], None]
"""Trains on a bank's folder by a plan; resume; number of worker processes."""


def run_command(name: str, train: Train, arguments: list[str] | None = None) -> None:
    """Parse the command line of `python -m pipeline.train.<name>` and train."""
    parser = argparse.ArgumentParser(prog=f"python -m pipeline.train.{name}")
    parser.add_argument("--bank", type=Path, required=True, help="folder that holds the bank")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and weights")
    parser.add_argument("--minutes", type=float, required=True, help="time budget of training")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in OUT")
    parser.add_argument(
        "--restart-rate",
        type=float,
        help="with --resume and more minutes: anneal anew from this share of the learning rate",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network")
    parser.add_argument("--workers", type=int, default=1, help="processes that make batches")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    given = parser.parse_args(arguments)
    plan = Plan(
        given.out, given.minutes, given.seed, given.threads, given.device, given.restart_rate
    )
    train(given.bank, plan, given.resume, given.workers)
