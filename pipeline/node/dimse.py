"""An archive that takes C-STORE (pynetdicom), and is asked with C-FIND what it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made at import
    StudyRootQueryRetrieveInformationModelFind,
)

from pipeline.node.encryption import tls_context
from pipeline.node.peer import PeerError, PeerRefusedError
from pipeline.settings import DimsePeer, SendSettings

_SUCCESS = 0x0000
_WARNINGS = (0x0107, 0x0111, 0xB000, 0xB006, 0xB007)
"""Stored, with a remark. 0x0111: the archive has this instance already."""
_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_PENDING = (0xFF00, 0xFF01)


class DimseArchive:
    """A C-STORE peer of the settings."""

    def __init__(self, peer: DimsePeer, settings: SendSettings) -> None:
        self.name = peer.name
        self._peer = peer
        self._settings = settings

    @contextmanager
    def connect(self, objects: list[Path]) -> Iterator[DimseConnection]:
        """An association that offers the SOP classes of the objects, and C-FIND."""
        association = self._associate(_sop_classes(objects))
        try:
            yield DimseConnection(association)
        finally:
            association.release()

    def _associate(self, sop_classes: list[str]) -> Association:
        entity = AE(ae_title=self._settings.ae_title)
        timeout_s = self._settings.timeout_s
        entity.acse_timeout = entity.dimse_timeout = timeout_s
        entity.network_timeout = entity.connection_timeout = timeout_s
        for sop_class in sop_classes:
            entity.add_requested_context(
                sop_class, [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
            )
        entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
        context = tls_context(self._peer)
        association = entity.associate(
            self._peer.host,
            self._peer.port,
            ae_title=self._peer.ae_title,
            tls_args=(context, self._peer.host) if context else None,
        )
        if not association.is_established:
            raise PeerError("no association (not reachable, not accepted, or TLS failed)")
        return association


class DimseConnection:
    """An association."""

    def __init__(self, association: Association) -> None:
        self._association = association

    def store(self, made: Dataset) -> None:
        """C-STORE; see `peer.Connection`."""
        try:
            status = self._association.send_c_store(made).get("Status")
        except RuntimeError:
            raise PeerError("the association has ended") from None
        except ValueError:
            raise PeerRefusedError("the archive does not accept this kind of object") from None
        if status is None:
            raise PeerError("no answer")
        if status in _OUT_OF_RESOURCES:
            raise PeerError(f"out of resources (status {status:04X})")
        if status != _SUCCESS and status not in _WARNINGS:
            raise PeerRefusedError(f"refused (status {status:04X})")

    def has(self, made: Dataset) -> bool | None:
        """C-FIND on the level of images."""
        query = Dataset()
        query.QueryRetrieveLevel = "IMAGE"
        query.StudyInstanceUID = made.StudyInstanceUID
        query.SeriesInstanceUID = made.SeriesInstanceUID
        query.SOPInstanceUID = made.SOPInstanceUID
        try:
            answers = list(
                self._association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind)
            )
        except (RuntimeError, ValueError):
            return None
        if not answers or answers[-1][0].get("Status") != _SUCCESS:
            return None
        return any(status.get("Status") in _PENDING for status, _ in answers)


def _sop_classes(objects: list[Path]) -> list[str]:
    headers = (dcmread(path, specific_tags=["SOPClassUID"]) for path in objects)
    return sorted({str(header.SOPClassUID) for header in headers})
