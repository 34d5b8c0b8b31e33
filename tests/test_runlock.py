"""The lock of an output folder, and processes that end with their run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import BusyError
from pipeline.paths import OutputFolder
from pipeline.runlock import PARENT_VARIABLE, check_free, end_with_run, hold, release

HOLDER = """
import sys
from pathlib import Path
from pipeline.paths import OutputFolder
from pipeline.runlock import hold
hold(OutputFolder(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""

STAGE = """
import time
from pipeline.runlock import end_with_run
end_with_run()
print("working", flush=True)
time.sleep(20)
print("survived", flush=True)
"""

RUN = f"""
import os, subprocess, sys, time
environment = {{**os.environ, "{PARENT_VARIABLE}": str(os.getpid())}}
subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment)
time.sleep(60)
"""


def test_a_second_run_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        with pytest.raises(BusyError, match=f"process {holder.pid}"):
            hold(output)
        with pytest.raises(BusyError):
            check_free(output)
        holder.kill()

    hold(output)
    release(output)
    check_free(output)


def test_a_stage_dies_with_its_run() -> None:
    command = [sys.executable, "-c", RUN, STAGE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "working\n"
        run.kill()
        # The stage holds the pipe open for as long as it lives.
        assert run.stdout.read() == ""


def test_a_stage_does_not_start_when_its_run_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PARENT_VARIABLE, "1" if os.getppid() != 1 else "2")
    monkeypatch.setattr("pipeline.runlock.sys.platform", "other")

    with pytest.raises(SystemExit, match="has ended"):
        end_with_run()


def test_a_command_of_a_person_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PARENT_VARIABLE, raising=False)

    end_with_run()
