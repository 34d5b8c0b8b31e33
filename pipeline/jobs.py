"""One job of the workflow: a stage's command over one shard, with its log and its stamp."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.files import write_text_atomically
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake
from pipeline.records.outcome import Outcome
from pipeline.runlock import end_with_run
from pipeline.settings import Settings, load_settings
from pipeline.shards import Shard
from pipeline.stage import read_outcome
from pipeline.stagekey import STAGES


@dataclass(frozen=True)
class Job:
    """What every stage's command works with."""

    output: OutputFolder
    settings: Settings


def open_job(stage: str, output: Path, settings: Path | None, log: Path | None) -> Job:
    """Read the settings and start logging; the job ends with the run that started it."""
    end_with_run()
    job = Job(OutputFolder(output.resolve()), load_settings(settings))
    _start_logging(stage, job.output, log)
    return job


def read_cases(output: OutputFolder, shard: Path | None) -> tuple[str, ...]:
    """The cases of a shard file, or without one all that intake found."""
    if shard is not None:
        return Shard.read(shard).cases
    if not output.intake.exists():
        raise UsageError("no intake.json in the output folder; run nvc intake first")
    return tuple(study.case for study in Intake.read(output.intake).studies)


def write_stamp(path: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Record how a shard went. Equal results give an equal stamp, whatever time they took."""
    digests = {case: _digest(outcome) for case, outcome in outcomes.items()}
    write_text_atomically(path, json.dumps(digests, indent=1) + "\n")


def studies_to_try_again(output: OutputFolder, *, deterministic: bool = False) -> list[str]:
    """Cases with a failure that may end differently next time; all failures where asked for."""
    cases = read_cases(output, None)
    return [case for case in cases if _has_failure(output, case, deterministic)]


def _has_failure(output: OutputFolder, case: str, deterministic: bool) -> bool:
    outcomes = (read_outcome(output.case(case), stage) for stage in STAGES)
    failed = [outcome for outcome in outcomes if outcome and outcome.state == "failed"]
    return any(deterministic or not outcome.deterministic for outcome in failed)


def _digest(outcome: Outcome) -> str:
    lasting = outcome.model_dump(exclude={"seconds", "peak_memory_mb"})
    return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()


def _start_logging(stage: str, output: OutputFolder, log: Path | None) -> None:
    """Send our messages to the terminal and to `log`, those of libraries to private/logs alone.

    Libraries may quote header values and paths.
    """
    folder = output.create_private() / "logs"
    folder.mkdir(exist_ok=True)
    name = log.stem if log else stage
    libraries = logging.FileHandler(folder / f"{name}.log", mode="w", delay=True)
    logging.basicConfig(level=logging.WARNING, handlers=[libraries], force=True)
    logging.captureWarnings(True)
    ours = logging.getLogger("nvc")
    ours.setLevel(logging.INFO)
    ours.propagate = False
    ours.handlers = [logging.StreamHandler()]
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        ours.addHandler(logging.FileHandler(log, mode="w", encoding="utf-8"))
