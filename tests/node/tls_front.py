"""A TLS front of a web server, as sites put one before an archive that talks in the clear."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .certificates import Certificates


@contextmanager
def tls_front(behind_port: int, certificates: Certificates) -> Iterator[int]:
    """The port of the front, which asks for our certificate and passes everything on."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.archive, certificates.archive_key)
    with socket.create_server(("localhost", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, context, behind_port))
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, context: ssl.SSLContext, behind_port: int) -> None:
    """One connection after the other, until the listening socket is shut down."""
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
            _pass_on(client, behind_port)


def _pass_on(client: ssl.SSLSocket, behind_port: int) -> None:
    """Whatever comes from one of the two to the other, until one of them ends."""
    with socket.create_connection(("localhost", behind_port)) as server:
        other = {client: server, server: client}
        while True:
            # What TLS has decrypted already is not seen by select.
            ready = [client] if client.pending() else select.select(list(other), [], [])[0]
            for source in ready:
                content = source.recv(65536)
                if not content:
                    return
                other[source].sendall(content)
