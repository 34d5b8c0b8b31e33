"""The largest memory that the process has held, on Linux also since a chosen moment."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

_RESET_PEAK = "5"
"""What Linux wants written into clear_refs to forget the peak of resident memory (proc(5))."""


def reset_peak_memory() -> None:
    """Forget the peak so far; where the system has no such thing, it stays the process's."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")


def peak_memory_mb() -> float:
    """Peak resident memory of this process in MiB, since the last reset."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
