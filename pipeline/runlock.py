"""One run on one output folder, and no stage that outlives its run.

Snakemake's own lock stays behind when a run is killed; a lock of the operating system (flock)
goes with the process that held it, so a killed run never blocks the next one.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
from typing import IO

from pipeline.errors import BusyError
from pipeline.paths import OutputFolder

PARENT_VARIABLE = "NVC_RUN_PID"
"""Environment variable with the process id of the run that started this process."""

_PR_SET_PDEATHSIG = 1
"""Number of the Linux call `prctl` that asks for a signal when the parent process ends."""

_held: dict[str, IO[str]] = {}


def hold(output: OutputFolder) -> None:
    """Take the output folder for the rest of this process; BusyError where another run has it."""
    output.create_private()
    path = output.private / "run.lock"
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise BusyError(
            f"another run (process {owner}) is working on this output folder; wait until it "
            "has ended, or choose another output folder"
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    _held[str(path.resolve())] = handle


def release(output: OutputFolder) -> None:
    """Give the output folder free again; nothing happens where it was not held."""
    handle = _held.pop(str((output.private / "run.lock").resolve()), None)
    if handle is not None:
        handle.close()


def check_free(output: OutputFolder) -> None:
    """BusyError where another run holds the output folder at this moment."""
    hold(output)
    release(output)


def end_with_run() -> None:
    """Where a run started this process, end with it: a killed run leaves no writer behind.

    The system is asked (Linux) to kill this process when the one that started it ends.
    """
    run = os.environ.get(PARENT_VARIABLE)
    if run is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(run):
        sys.exit("the run that started this process has ended")
