"""An archive that takes STOW-RS, and is asked with QIDO-RS what it has (dicomweb-client)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from pydicom import Dataset

from pipeline.node.peer import PeerError, PeerRefusedError
from pipeline.settings import SendSettings, WebPeer


class WebArchive:
    """A DICOMweb peer of the settings."""

    def __init__(self, peer: WebPeer, settings: SendSettings) -> None:
        self.name = peer.name
        self._peer = peer
        self._settings = settings

    @contextmanager
    def connect(self, objects: list[Path]) -> Iterator[WebConnection]:
        """A session of HTTP; `objects` play no part."""
        del objects
        session = create_session()
        session.trust_env = False  # a hospital's archive is not behind the way to the internet
        if self._peer.authority is not None:
            session.verify = str(self._peer.authority)
        if self._peer.certificate is not None:
            key = self._peer.key or self._peer.certificate
            session.cert = (str(self._peer.certificate), str(key))
        client = DICOMwebClient(self._peer.url, session=session)
        client.set_http_retry_params(retry=False)  # the sender counts the attempts
        try:
            yield WebConnection(client)
        finally:
            session.close()


class WebConnection:
    """A session."""

    def __init__(self, client: DICOMwebClient) -> None:
        self._client = client

    def store(self, made: Dataset) -> None:
        """STOW-RS; see `peer.Connection`."""
        try:
            answer = self._client.store_instances([made], str(made.StudyInstanceUID))
        except requests.HTTPError as error:
            raise _http_error(error) from None
        except requests.RequestException as error:
            raise PeerError(f"no connection ({type(error).__name__})") from None
        if answer.get("FailedSOPSequence"):
            reason = answer.FailedSOPSequence[0].get("FailureReason", 0)
            raise PeerRefusedError(f"refused (reason {reason:04X})")

    def has(self, made: Dataset) -> bool | None:
        """QIDO-RS for the instance."""
        try:
            found = self._client.search_for_instances(
                str(made.StudyInstanceUID),
                str(made.SeriesInstanceUID),
                search_filters={"SOPInstanceUID": str(made.SOPInstanceUID)},
            )
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else None
            return False if status == HTTPStatus.NOT_FOUND else None
        except requests.RequestException:
            return None
        return bool(found)


def _http_error(error: requests.HTTPError) -> PeerError | PeerRefusedError:
    status = error.response.status_code if error.response is not None else 0
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        0,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    ):
        return PeerError(f"HTTP status {status}")
    return PeerRefusedError(f"refused (HTTP status {status})")
