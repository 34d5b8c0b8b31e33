"""What was sent to whom: a SQLite file that survives a kill at any moment.

An object is `sending` from before the first byte until the archive's answer is on disk. What a
killed process leaves as `sending` may or may not have arrived: the archive is asked before it is
sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

State = Literal["sending", "sent", "refused"]
_TABLE = """
CREATE TABLE IF NOT EXISTS delivery (
    peer TEXT NOT NULL, sop_instance_uid TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL,
    changed TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (peer, sop_instance_uid)
)"""


class Ledger:
    """Deliveries by peer and SOP Instance UID. Each change is on disk when its call returns."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def state(self, peer: str, sop_instance_uid: str) -> State | None:
        """How far a delivery came; None where it was never begun."""
        row = self._database.execute(
            "SELECT state FROM delivery WHERE peer = ? AND sop_instance_uid = ?",
            (peer, sop_instance_uid),
        ).fetchone()
        return row[0] if row else None

    def record(self, peer: str, sop_instance_uid: str, state: State, detail: str = "") -> None:
        """Write a delivery's state over the one before."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO delivery (peer, sop_instance_uid, state, detail)"
                " VALUES (?, ?, ?, ?)",
                (peer, sop_instance_uid, state, detail),
            )


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """The ledger in a file, made where there is none yet."""
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # a power cut forgets nothing either
        with database:
            database.execute(_TABLE)
        yield Ledger(database)
    finally:
        database.close()
