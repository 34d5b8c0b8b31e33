"""A web site with OHIF's built application and an archive's DICOMweb behind one address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from .orthanc import Orthanc

_PASSED_ON = ("Accept", "Host")
_SERVICES = "/dicom-web/"


@contextmanager
def viewer_site(application: Path, archive: Orthanc) -> Iterator[str]:
    """Its address. application: the folder with OHIF's index.html."""
    handler = partial(_Handler, archive, directory=str(application))
    server = ThreadingHTTPServer(("localhost", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    """Files of the application, its configuration, and what it asks of the archive."""

    def __init__(self, archive: Orthanc, *arguments: Any, **options: Any) -> None:
        self._archive = archive
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        if self.path.startswith(_SERVICES):
            self._from_archive()
        elif self.path == "/app-config.js":
            host = self.headers["Host"]
            configuration = _configuration(f"http://{host}{_SERVICES.rstrip('/')}")
            self._answer(f"window.config = {json.dumps(configuration)};".encode(),
                         "text/javascript")  # fmt: skip
        else:
            if not Path(self.translate_path(self.path)).is_file():
                self.path = "/index.html"  # the application's own addresses
            super().do_GET()

    def end_headers(self) -> None:
        """What a browser asks for before pages may share memory with their workers."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - as inherited
        """Nothing: the archive keeps a log of its own."""

    def _from_archive(self) -> None:
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(f"{self._archive.url}{self.path}", headers=headers, timeout=120)
        self._answer(found.content, found.headers.get("Content-Type", ""), found.status_code)

    def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _configuration(services: str) -> dict[str, Any]:
    return {
        "routerBasename": "/",
        "extensions": [],
        "modes": [],
        "showStudyList": True,
        "maxNumberOfWebWorkers": 1,
        "investigationalUseDialog": {"option": "never"},
        "defaultDataSourceName": "dicomweb",
        "dataSources": [
            {
                "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
                "sourceName": "dicomweb",
                "configuration": {
                    "friendlyName": "archive",
                    "name": "archive",
                    "qidoRoot": services,
                    "wadoRoot": services,
                    "wadoUriRoot": services,
                    "imageRendering": "wadors",
                    "thumbnailRendering": "wadors",
                    "enableStudyLazyLoad": True,
                    "bulkDataURI": {"enabled": True},
                },
            }
        ],
    }
