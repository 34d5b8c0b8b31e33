"""Running one stage over a shard of studies: skip what is done, contain what fails.

A study's result is determined by its key: the manifest's digest, the code, the settings and the
models, chained from stage to stage. A result with the same key and its files in place is kept; a
study that cannot go on leaves an outcome that later stages pass along, and never stops the others.
"""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NotAssessableError, StudyError, StudyFailedError, UsageError
from pipeline.memory import peak_memory_mb, reset_peak_memory
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings
from pipeline.stagekey import stage_key

log = logging.getLogger("nvc")

Work = Callable[[CaseFolder], Sequence[Path]]
"""Does a stage's work for one case and returns the files that it wrote."""


@dataclass(frozen=True)
class _Stage:
    """A stage as it is run: every_case does not stop at studies that ended earlier."""

    name: str
    before: str | None
    key: str
    work: Work
    every_case: bool
    retry_failed: bool


def run_stage(
    stage: str,
    before: str | None,
    output: OutputFolder,
    cases: Iterable[str],
    settings: Settings,
    work: Work,
    *,
    every_case: bool = False,
    retry_failed: bool = False,
) -> list[Outcome]:
    """Run `work` for every case whose earlier stage is done and whose result is not current.

    `before` names the stage that must have run first. With `every_case` the work is also done
    for studies that an earlier stage ended (to write their record and their page). With
    `retry_failed` recorded failures are tried again even where nothing changed.
    """
    running = _Stage(stage, before, stage_key(stage, settings), work, every_case, retry_failed)
    return [_run_case(running, output.case(case)) for case in cases]


def read_findings(folder: CaseFolder) -> Findings:
    """The record that pages and objects are made from; StudyFailedError where there is none."""
    try:
        return Findings.read(folder.findings)
    except (OSError, ValueError):
        raise StudyFailedError(
            "no_findings",
            "findings.json is missing or cannot be read; run nvc assess again",
            deterministic=False,
        ) from None


def read_outcome(folder: CaseFolder, stage: str) -> Outcome | None:
    """How a stage ended for a case; None when it has not run or its record is unreadable."""
    try:
        return Outcome.read(folder.outcome(stage))
    except (OSError, ValueError):
        return None


def _run_case(stage: _Stage, folder: CaseFolder) -> Outcome:
    earlier = read_outcome(folder, stage.before) if stage.before else None
    if stage.before and earlier is None:
        raise UsageError(f"case {folder.case}: run the stage {stage.before} first")
    current = read_outcome(folder, stage.name)
    if earlier is not None and earlier.state != "done" and not stage.every_case:
        return _pass_on(stage, folder, earlier, current)
    key = _key(stage, folder, earlier)
    if current is not None and _is_current(current, key, folder, stage.retry_failed):
        return current
    _discard(stage, folder, current)
    outcome = _attempt(stage, folder, key)
    outcome.write(folder.outcome(stage.name))
    _report(stage, outcome, folder.case)
    return outcome


def _pass_on(
    stage: _Stage, folder: CaseFolder, earlier: Outcome, current: Outcome | None
) -> Outcome:
    """Hand an earlier end along under its own stage's name, and remove results that it voids."""
    passed_on = earlier.model_copy(update={"files": (), "seconds": 0.0, "peak_memory_mb": 0.0})
    if passed_on != current:
        _discard(stage, folder, current)
        passed_on.write(folder.outcome(stage.name))
    return passed_on


def _is_current(outcome: Outcome, key: str, folder: CaseFolder, retry_failed: bool) -> bool:
    if outcome.key != key:
        return False
    if outcome.state == "failed":
        return outcome.deterministic and not retry_failed
    return all((folder.output.root / file).exists() for file in outcome.files)


def _discard(stage: _Stage, folder: CaseFolder, previous: Outcome | None) -> None:
    """Remove an outdated result, so that no half-replaced one can pass for a whole one."""
    folder.outcome(stage.name).unlink(missing_ok=True)
    kept = _files_of_other_stages(folder)
    for file in previous.files if previous else ():
        if file not in kept:
            (folder.output.root / file).unlink(missing_ok=True)


def _files_of_other_stages(folder: CaseFolder) -> set[str]:
    stages = (path.name.split(".")[0] for path in folder.work.glob("*.outcome.json"))
    outcomes = (read_outcome(folder, stage) for stage in stages)
    return {file for outcome in outcomes if outcome for file in outcome.files}


def _attempt(stage: _Stage, folder: CaseFolder, key: str) -> Outcome:
    started = time.monotonic()
    reset_peak_memory()
    ending = _ending(stage, folder)
    return ending.model_copy(
        update={
            "key": key,
            "seconds": round(time.monotonic() - started, 3),
            "peak_memory_mb": round(peak_memory_mb(), 1),
        }
    )


def _ending(stage: _Stage, folder: CaseFolder) -> Outcome:
    """Do the work and tell how it ended; key and measurements are filled in by the caller."""
    try:
        files = stage.work(folder)
        return Outcome(stage=stage.name, state="done", key="", files=_recorded(folder, files))
    except StudyError as error:
        refused = isinstance(error, NotAssessableError)
        return Outcome(
            stage=stage.name,
            state="not_assessable" if refused else "failed",
            key="",
            code=error.code,
            message=error.message,
            deterministic=error.deterministic,
        )
    except UsageError:  # a wrong set-up is wrong for every study: the run stops and says so
        raise
    except Exception as error:  # noqa: BLE001  a fault here must not hide the other studies
        return _internal_error(stage, folder, error)


def _recorded(folder: CaseFolder, files: Sequence[Path]) -> tuple[str, ...]:
    """`files` as recorded; FileNotFoundError where a stage promised one that is not there."""
    names = tuple(folder.output.relative(path) for path in files)
    missing = [name for name, path in zip(names, files, strict=True) if not path.exists()]
    if missing:
        raise FileNotFoundError(f"not written: {', '.join(missing)}")
    return names


def _internal_error(stage: _Stage, folder: CaseFolder, error: Exception) -> Outcome:
    name = _keep_traceback(folder, stage.name)
    return Outcome(
        stage=stage.name,
        state="failed",
        key="",
        code="internal_error",
        message=(
            f"internal error in stage {stage.name} ({type(error).__name__}); details for the "
            f"developers in private/errors/{name}"
        ),
        deterministic=False,
    )


def _keep_traceback(folder: CaseFolder, stage: str) -> str:
    """A traceback may quote paths and header values, so it is kept under private/."""
    name = f"{folder.case}-{stage}.txt"
    path = folder.output.create_private() / "errors" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return name


def _key(stage: _Stage, folder: CaseFolder, earlier: Outcome | None) -> str:
    parts = (stage.key, _input_digest(folder, earlier), *_given_beside(stage, folder))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _input_digest(folder: CaseFolder, earlier: Outcome | None) -> str:
    """What comes from before: the manifest, or how the earlier stage ended."""
    if earlier is None:
        return hashlib.sha256(folder.manifest.read_bytes()).hexdigest()
    if earlier.state == "done":
        return earlier.key
    return "\n".join((earlier.key, earlier.state, earlier.code or "", earlier.message or ""))


def _given_beside(stage: _Stage, folder: CaseFolder) -> tuple[str, ...]:
    """What a stage reads that is not handed on from stage to stage, where it was given."""
    if stage.name != "assess" or not folder.clinical.exists():
        return ()
    return (folder.clinical.read_text(encoding="utf-8"),)


def _report(stage: _Stage, outcome: Outcome, case: str) -> None:
    log.info(
        "%s %s: %s in %.1f s", stage.name, case, outcome.message or outcome.state, outcome.seconds
    )
