"""How a stage ended for one study."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Record


class Outcome(Record):
    """state done, or the reason why the study went no further.

    key: sha256 over everything that determines the result (input, code, settings, models);
        a stage with the same key and its outputs in place is not run again.
    deterministic: whether trying again with the same key is pointless.
    files: what the stage wrote, relative to the output folder.
    peak_memory_mb: largest memory of the process while it worked on this study.
    """

    stage: str
    state: Literal["done", "not_assessable", "failed"]
    key: str
    code: str | None = None
    message: str | None = None
    deterministic: bool = True
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
