"""Reading many headers, on several processes where there are enough to be worth it."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from pipeline.intake.header import Header, Unusable, read_header
from pipeline.intake.walk import FileEntry

log = logging.getLogger("nvc")

WORTH_PROCESSES = 2000
"""Fewer files are read before the processes would have started (about 2000 a second)."""
_CHUNK = 200


def scan(entries: Sequence[FileEntry], processes: int) -> list[Header | Unusable]:
    """The headers of all files, in the order given."""
    if processes < 2 or len(entries) < WORTH_PROCESSES:
        return [read_header(entry) for entry in entries]
    log.info("reading %d headers on %d processes", len(entries), processes)
    context = multiprocessing.get_context("forkserver")  # safe beside threads, unlike fork
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return list(pool.map(read_header, entries, chunksize=_CHUNK))
