"""The way in which a single series ends."""

from __future__ import annotations

from pipeline.errors import NvcError
from pipeline.records.manifest import SeriesRefusal


class SeriesRefused(NvcError):  # noqa: N818 - named like its record
    """A series cannot serve: a code of the closed list, and a sentence for people."""

    def __init__(self, code: SeriesRefusal, message: str) -> None:
        super().__init__(message)
        self.code: SeriesRefusal = code
        self.message = message
