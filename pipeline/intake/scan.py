"""Reading many headers, on several processes where there are enough to be worth it."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from pipeline.intake.header import Header, read_header
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import FileEntry

log = logging.getLogger("nvc")

WORTH_PROCESSES = 2000
"""Fewer files are read before another process would have started."""
_CHUNK = 100
Found = list[Header | Unusable]


def scan(entries: Sequence[FileEntry], processes: int) -> Found:
    """The headers of all files, in the order given."""
    if processes < 2 or len(entries) < WORTH_PROCESSES:
        return read_headers(entries)
    log.info("reading %d headers on %d processes", len(entries), processes)
    chunks = [entries[k : k + _CHUNK] for k in range(0, len(entries), _CHUNK)]
    context = multiprocessing.get_context(_start_method())
    with ProcessPoolExecutor(processes - 1, mp_context=context) as pool:
        futures = [pool.submit(read_headers, chunk) for chunk in chunks]
        here = _read_from_the_end(chunks, futures)
        return [
            header
            for number, future in enumerate(futures)
            for header in (here[number] if number in here else future.result())
        ]


def _start_method() -> str:
    """A copy of this process reads at once, a new one has to start first, for a second.

    Beside threads there is no copying: it would keep the locks that they hold for ever.
    """
    return "fork" if threading.active_count() == 1 else "forkserver"


def read_headers(entries: Sequence[FileEntry]) -> Found:
    """The headers of some files, one after the other."""
    return [read_header(entry) for entry in entries]


def _read_from_the_end(
    chunks: Sequence[Sequence[FileEntry]], futures: Sequence[Future[Found]]
) -> dict[int, Found]:
    """What no other process has begun yet is read by this one, which does not have to start."""
    return {
        number: read_headers(chunks[number])
        for number in reversed(range(len(chunks)))
        if futures[number].cancel()
    }
