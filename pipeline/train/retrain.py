"""The researcher's loop: own labelled studies added, the segmenter trained on, old against new."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from pipeline.errors import UsageError
from pipeline.paths import OutputFolder
from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS, Settings
from pipeline.train.balance import balance
from pipeline.train.contest import Contest, contest
from pipeline.train.dataset import bank_part, list_bank, spread
from pipeline.train.own import OwnCrops, write_crops
from pipeline.train.release import release, write_lock
from pipeline.train.segmenter import FOLDER, SEGMENTER_TRAINING
from pipeline.train.state import WEIGHTS, Plan

CONTEST = "contest.json"
_RATE = 0.2
"""Share of the learning rate of a training from the beginning: what was learnt is to stay."""
_BALANCED_ON = 26


@dataclass(frozen=True)
class Retrained:
    """crops: what of the site's labels was used. contest: old against new on held-out patients."""

    crops: OwnCrops
    contest: Contest


def retrain(
    data: Path,
    results: OutputFolder,
    plan: Plan,
    settings: Settings,
    *,
    bank: Path | None = None,
    resume: bool = False,
    workers: int = 1,
) -> Retrained:
    """Train the released segmenter on with a site's labels; weights and contest go to `plan.out`.

    bank: generated examples to go on learning from beside the site's own.
    """
    own = write_crops(data, results, plan.out / "own", settings.segment)
    generated = list_bank(bank_part(bank, FOLDER), held_out=False) if bank else []
    pool = _pool(plan.out / "crops", [*own.training, *generated])
    training = replace(SEGMENTER_TRAINING, begun=_released)
    training.run(pool, replace(plan, restart_rate=_RATE), resume, workers)
    balance(spread(own.training, _BALANCED_ON), plan.out)
    old, new = (Bundle(MODELS / SEGMENTER).trained_network() for _ in range(2))
    new.load_state_dict(load_file(plan.out / WEIGHTS))
    result = contest(own.held_out, old, new)
    result.write(plan.out / CONTEST)
    return Retrained(own, result)


def promote(run: Path, version: str, models: Path = MODELS) -> None:
    """Put the retrained network in the old one's place. Raises UsageError where it is worse."""
    try:
        result = Contest.read(run / CONTEST)
    except (OSError, ValueError):
        raise UsageError(f"{run} holds no contest of an old and a new network") from None
    if not result.better:
        raise UsageError(f"not promoted: {result.reason}")
    release(run, SEGMENTER, version, models)
    write_lock(models)


def _released(network: nn.Module) -> nn.Module:
    network.load_state_dict(load_file(Bundle(MODELS / SEGMENTER).weights))
    return network


def _pool(folder: Path, files: Iterable[Path]) -> Path:
    """A folder of links to all files that are trained on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in files:
        (folder / path.name).symlink_to(path.resolve())
    return folder
