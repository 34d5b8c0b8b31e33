"""A batch of small studies and ways to run the workflow over it, with stand-ins for the stages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.paths import OutputFolder, case_of
from pipeline.records.worklist import Worklist

REPOSITORY = Path(__file__).resolve().parents[2]
SUBSTITUTES = Path(__file__).parent / "substitutes"
PATIENT = "Mustermann"
NOT_COPIED = shutil.ignore_patterns("__pycache__")


class Batch:
    """Studies under names that must not leave `private/`, an output folder, and its runs.

    program: a copy of the repository, which a test may change. cores: of its runs; with more than
    one there are more jobs, for there is a shard for each.
    """

    def __init__(self, folder: Path, program: Path) -> None:
        self.program = program
        self.cores = 1
        self.source = folder / f"{PATIENT}_archive"
        self.output = OutputFolder(folder / "out")
        self.counts_file = folder / "counts"
        self.source.mkdir()
        self.counts_file.touch()

    def add(self, uid: str, description: str = "t2", series: str = "a") -> str:
        """Add a series to a study (a new one or not) and return the study's case."""
        study = self.source / f"{PATIENT}_{uid}"
        study.mkdir(exist_ok=True)
        (study / series).write_text(description, encoding="utf-8")
        return case_of(uid)

    def nvc_run(self, *options: str) -> list[str]:
        """The command line of `nvc run` over this batch."""
        command = [sys.executable, "-m", "pipeline.cli", "run"]
        return [
            *command,
            str(self.source),
            str(self.output.root),
            "--cores",
            str(self.cores),
            *options,
        ]

    def snakemake(self, *options: str) -> list[str]:
        """The command line of plain Snakemake over this batch."""
        config = [f"input={self.source}", f"output={self.output.root}"]
        start = [sys.executable, "-m", "snakemake", "--cores", str(self.cores)]
        return [*start, "--config", *config, *options]

    def run(self, command: Sequence[str], seconds: float = 0.0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; every stage takes `seconds` for each study."""
        return subprocess.run(
            command, **self._surroundings(seconds), capture_output=True, text=True, check=False
        )

    def start(self, command: Sequence[str], seconds: float) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own, which can be interrupted.

        What was started in the background by a shell may have been told to ignore that.
        """
        return subprocess.Popen(
            ["env", "--default-signal=INT", *command],
            **self._surroundings(seconds),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each stage has begun work on each case."""
        lines = self.counts_file.read_text(encoding="utf-8").splitlines()
        return Counter((stage, case) for stage, case in (line.split() for line in lines))

    def forget_counts(self) -> None:
        self.counts_file.write_text("", encoding="utf-8")

    def worklist(self) -> dict[str, str]:
        """Status by case."""
        studies = Worklist.read(self.output.worklist_json).studies
        return {study.case: study.status for study in studies}

    def _surroundings(self, seconds: float) -> dict[str, object]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(SUBSTITUTES), str(self.program))),
            "NVC_TEST_COUNTS": str(self.counts_file),
            "NVC_TEST_SECONDS": str(seconds),
        }
        return {"cwd": self.program, "env": environment}


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """An empty batch."""
    program = tmp_path / "program"
    for name in ("pipeline", "configs", "profiles"):
        shutil.copytree(REPOSITORY / name, program / name, ignore=NOT_COPIED)
    shutil.copy(REPOSITORY / "Snakefile", program)
    return Batch(tmp_path, program)


def wait_until(condition: Callable[[], bool], seconds: float = 240.0) -> None:
    """Wait for a condition; the test fails when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the awaited condition did not come true"
        time.sleep(0.02)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """What a power cut or the out-of-memory killer does to a run and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_alone(process: subprocess.Popen[bytes]) -> None:
    """Kill only the process that was started; what it started has to notice by itself."""
    process.kill()
    process.wait()
