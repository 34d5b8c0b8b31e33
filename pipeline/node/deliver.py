"""Sending: every parcel to every peer, again after failures, and none twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import dcmread

from pipeline.node.ledger import Ledger
from pipeline.node.outbox import Parcel
from pipeline.node.peer import Archive, Connection, PeerError, PeerRefusedError
from pipeline.settings import SendSettings

log = logging.getLogger("nvc")


@dataclass
class Delivery:
    """What became of the parcels for one peer. problems: by case, in words."""

    peer: str
    sent: int = 0
    known: int = 0
    problems: list[tuple[str, str]] | None = None

    @property
    def missing(self) -> list[tuple[str, str]]:
        """Cases with an object that the peer does not have, and why."""
        return self.problems or []


def deliver(
    archive: Archive, parcels: Sequence[Parcel], ledger: Ledger, settings: SendSettings
) -> Delivery:
    """Send what the ledger does not know as sent; waits grow with each failed attempt."""
    waiting = [p for p in parcels if ledger.state(archive.name, p.sop_instance_uid) != "sent"]
    done = Delivery(archive.name, known=len(parcels) - len(waiting))
    refused: list[tuple[str, str]] = []
    wait_s, failure = settings.first_wait_s, ""
    for attempt in range(settings.attempts):
        if attempt and waiting:
            time.sleep(wait_s)
            wait_s *= 2
        waiting, failure = _attempt(archive, waiting, ledger, done, refused)
        if not waiting:
            break
    done.problems = refused + [(parcel.case, failure) for parcel in waiting]
    return done


def _attempt(
    archive: Archive,
    waiting: Sequence[Parcel],
    ledger: Ledger,
    done: Delivery,
    refused: list[tuple[str, str]],
) -> tuple[list[Parcel], str]:
    """One connection over what waits; what is left of it, and why."""
    left = list(waiting)
    if not left:
        return [], ""
    try:
        with archive.connect([parcel.path for parcel in left]) as connection:
            while left:
                try:
                    _hand_over(connection, archive.name, left[0], ledger)
                    done.sent += 1
                except PeerRefusedError as error:
                    ledger.record(archive.name, left[0].sop_instance_uid, "refused", str(error))
                    refused.append((left[0].case, str(error)))
                left.pop(0)
    except PeerError as error:
        log.warning("send: %s: %s", archive.name, error)
        return left, str(error)
    return [], ""


def _hand_over(connection: Connection, peer: str, parcel: Parcel, ledger: Ledger) -> None:
    """Send one parcel, unless an earlier attempt of unknown end has brought it there already."""
    made = dcmread(parcel.path)
    uncertain = ledger.state(peer, parcel.sop_instance_uid) == "sending"
    ledger.record(peer, parcel.sop_instance_uid, "sending")
    if not (uncertain and connection.has(made)):
        connection.store(made)
    ledger.record(peer, parcel.sop_instance_uid, "sent")
