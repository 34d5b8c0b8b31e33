"""What the sender needs from an archive, whichever protocol it speaks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pydicom import Dataset

from pipeline.errors import NvcError


class PeerError(NvcError):
    """An archive could not be reached or answered with a failure: worth another attempt."""


class PeerRefusedError(NvcError):
    """An archive does not want this object: another attempt would end the same way."""


class Connection(Protocol):
    """An open connection to an archive."""

    def store(self, made: Dataset) -> None:
        """Returns once the archive has the object; PeerError, PeerRefusedError."""

    def has(self, made: Dataset) -> bool | None:
        """Whether the archive has the object; None where it does not answer such questions."""


class Archive(Protocol):
    """A configured archive."""

    name: str

    def connect(self, objects: list[Path]) -> AbstractContextManager[Connection]:
        """A connection fit for the objects in these files; PeerError."""
