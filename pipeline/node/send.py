"""`nvc send`: the released objects of an output folder to all peers of the settings."""

from __future__ import annotations

from pipeline import runlock
from pipeline.errors import UsageError
from pipeline.node.deliver import Delivery, deliver
from pipeline.node.ledger import open_ledger
from pipeline.node.outbox import parcels
from pipeline.node.peer import Archive
from pipeline.paths import OutputFolder
from pipeline.settings import DimsePeer, SendSettings, WebPeer


def send(output: OutputFolder, settings: SendSettings) -> list[Delivery]:
    """Deliver everything; one result for each peer.

    Raises UsageError where no peer is set, BusyError where a run holds the folder.
    """
    if not settings.peers:
        raise UsageError("setting 'send.peers' names no archive to send to (configs/default.yaml)")
    _check_names(settings)
    waiting = list(parcels(output))
    runlock.hold(output)
    try:
        with open_ledger(output.ledger) as ledger:
            archives = [archive_of(peer, settings) for peer in settings.peers]
            return [deliver(archive, waiting, ledger, settings) for archive in archives]
    finally:
        runlock.release(output)


def archive_of(peer: DimsePeer | WebPeer, settings: SendSettings) -> Archive:
    """The archive behind a peer of the settings."""
    if isinstance(peer, DimsePeer):
        from pipeline.node.dimse import DimseArchive

        return DimseArchive(peer, settings)
    from pipeline.node.dicomweb import WebArchive

    return WebArchive(peer, settings)


def _check_names(settings: SendSettings) -> None:
    names = [peer.name for peer in settings.peers]
    if len(set(names)) < len(names):
        raise UsageError("setting 'send.peers': two peers have the same name")
