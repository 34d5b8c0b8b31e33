"""TLS as a peer's settings ask for it."""

from __future__ import annotations

import ssl

from pipeline.errors import UsageError
from pipeline.settings import DimsePeer, WebPeer


def tls_context(peer: DimsePeer | WebPeer) -> ssl.SSLContext | None:
    """A context that checks the peer's certificate, with ours if there is one; None without TLS.

    UsageError where a file of certificates cannot be read.
    """
    if not peer.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=peer.authority)
        if peer.certificate is not None:
            context.load_cert_chain(peer.certificate, peer.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"setting 'send.peers': the certificates of peer {peer.name} cannot be read "
            f"({error.strerror or error})"
        ) from None
    return context
