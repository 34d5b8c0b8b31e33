"""How far a run is, read from the outcomes that stages leave for every study."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pipeline.paths import OutputFolder
from pipeline.shards import Shards, read_shards
from pipeline.stagekey import STAGES

POLL_SECONDS = 0.3


class Counter:
    """Counts the studies that each stage is through with."""

    def __init__(self, output: OutputFolder) -> None:
        self._output = output
        self._started = time.time()

    def shards(self) -> Shards:
        """The studies by shard; none before intake is through."""
        if not self._output.intake.exists():
            return {}
        return read_shards(self._output)

    def done(self, stage: str, shards: Shards) -> int:
        """Studies with a result, be it of an earlier run."""
        return sum(self._done(stage, name, cases) for name, cases in shards.items())

    def newly_done(self, stage: str, shards: Shards) -> int:
        """Studies that this run has been over."""
        return sum(self._newly_done(stage, name, cases) for name, cases in shards.items())

    def _done(self, stage: str, shard: str, cases: Sequence[str]) -> int:
        if self._output.stamp(stage, shard).exists():
            return len(cases)
        return self._newly_done(stage, shard, cases)

    def _newly_done(self, stage: str, shard: str, cases: Sequence[str]) -> int:
        if self._is_new(self._output.stamp(stage, shard)):
            return len(cases)
        return sum(self._is_new(self._output.case(case).outcome(stage)) for case in cases)

    def _is_new(self, path: Path) -> bool:
        try:
            return path.stat().st_mtime >= self._started
        except OSError:
            return False


def show_progress(process: subprocess.Popen[bytes], output: OutputFolder, console: Console) -> None:
    """Show how far the run is until `process` ends: bars on a terminal, else a line per change."""
    counter = Counter(output)
    if console.is_terminal:
        _show_bars(process, counter, console)
    else:
        _print_lines(process, counter, console)


def _show_bars(process: subprocess.Popen[bytes], counter: Counter, console: Console) -> None:
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        reading = progress.add_task("intake", total=1)
        tasks = {stage: progress.add_task(stage, total=None) for stage in STAGES}
        running = True
        while running:
            running = _wait(process)
            shards = counter.shards()
            if shards:
                progress.update(reading, completed=1)
                total = sum(len(cases) for cases in shards.values())
                for stage, task in tasks.items():
                    progress.update(task, total=total, completed=counter.done(stage, shards))


def _print_lines(process: subprocess.Popen[bytes], counter: Counter, console: Console) -> None:
    console.print("reading the headers of the input")
    shown = dict.fromkeys(STAGES, 0)
    running = True
    while running:
        running = _wait(process)
        shards = counter.shards()
        total = sum(len(cases) for cases in shards.values())
        for stage in STAGES:
            done = counter.newly_done(stage, shards)
            if done > shown[stage]:
                console.print(f"{stage:<8} {done}/{total}", highlight=False)
                shown[stage] = done


def _wait(process: subprocess.Popen[bytes]) -> bool:
    """Wait a moment; whether the process is still running."""
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False
