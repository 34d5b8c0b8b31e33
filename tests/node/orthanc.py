"""A hospital's archive for tests: Orthanc with its DICOMweb plugin, from Debian's packages."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from .certificates import Certificates

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
AE_TITLE = "ORTHANC"
_READY_S = 120.0
_AT_ONCE = {**os.environ, "TCP_NODELAY": "1"}
"""For programs of dcmtk, and Orthanc, which is made of it: else every message waits 40 ms."""
_ARRIVED = "arrived:"
_COUNTER = f"""
function ReceivedInstanceFilter(dicom, origin, info)
    print("{_ARRIVED} " .. dicom.SOPInstanceUID)
    return true
end
"""
"""Orthanc calls this for every instance that comes in, also for one that it has already."""


@dataclass(frozen=True)
class Orthanc:
    """A running archive. certificates: of its DICOM port's TLS, None where that is in the clear."""

    dicom_port: int
    http_port: int
    log: Path
    certificates: Certificates | None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def dimse_peer(self) -> dict[str, Any]:
        """What a site writes into its settings."""
        encryption = {"tls": True, **self.certificates.settings} if self.certificates else {}
        return {
            "name": "pacs", "protocol": "dimse", "ae_title": AE_TITLE, "host": "localhost",
            "port": self.dicom_port, "tls": False, **encryption,
        }  # fmt: skip

    @property
    def web_peer(self) -> dict[str, Any]:
        return {
            "name": "web", "protocol": "dicomweb", "url": f"{self.url}/dicom-web", "tls": False,
        }  # fmt: skip

    def get(self, path: str, **query: Any) -> requests.Response:
        return self._ask("GET", path, params=query)

    def _ask(self, method: str, path: str, **content: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.url}{path}", timeout=60, **content)
        answer.raise_for_status()
        return answer

    def instances(self) -> int:
        """How many instances it holds."""
        return int(self.get("/statistics").json()["CountInstances"])

    def file(self, sop_instance_uid: str) -> bytes:
        """An instance as the archive keeps it, over its REST interface."""
        return self.get(f"{self._path_of(sop_instance_uid)}/file").content

    def delete_series(self, series_instance_uid: str) -> None:
        self._ask("DELETE", self._path_of(series_instance_uid))

    def _path_of(self, uid: str) -> str:
        (found,) = self._ask("POST", "/tools/lookup", data=uid).json()
        return str(found["Path"])

    def arrivals(self) -> Counter[str]:
        """How often each SOP Instance UID came in, whatever became of it."""
        log = self.log.read_text(encoding="utf-8", errors="replace")
        return Counter(re.findall(rf"{_ARRIVED} ([0-9.]+)", log))

    def store(self, *paths: Path) -> None:
        """Storescu of dcmtk, as a scanner would."""
        names = [str(path) for path in paths]
        subprocess.run(
            [program("storescu"), "-R", "-xt", "+sd", "+r", "-aec", AE_TITLE, "localhost",
             str(self.dicom_port), *names],
            check=True, capture_output=True, text=True, env=_AT_ONCE,
        )  # fmt: skip

    def retrieve_all(self, folder: Path) -> None:
        """Every study into a folder of its own."""
        for number, study in enumerate(self.get("/studies").json()):
            tags = self.get(f"/studies/{study}").json()["MainDicomTags"]
            self.retrieve(tags["StudyInstanceUID"], folder / f"{number:02d}")

    def retrieve(self, study_uid: str, folder: Path) -> None:
        """Getscu of dcmtk, as a workstation would."""
        folder.mkdir(parents=True)
        subprocess.run(
            [program("getscu"), "-S", "+xt", "-aec", AE_TITLE, "-od", str(folder),
             "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study_uid}",
             "localhost", str(self.dicom_port)],
            check=True, capture_output=True, text=True, env=_AT_ONCE,
        )  # fmt: skip


def program(name: str) -> str:
    """A program of Debian's packages; the test is skipped where it is missing.

    Not from the virtual environment, where pynetdicom puts programs of the same names.
    """
    own = Path(sys.prefix) / "bin"
    folders = [folder for folder in os.get_exec_path() if Path(folder) != own]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        pytest.skip(f"{name} is not installed (see .ci/run)")
    return found


@contextmanager
def orthanc(folder: Path, certificates: Certificates | None = None) -> Iterator[Orthanc]:
    """An empty archive on ports of its own. With certificates its DICOM port asks for ours."""
    server = program("Orthanc")
    if not PLUGIN.exists():
        pytest.skip("Orthanc's DICOMweb plugin is not installed (see .ci/run)")
    folder.mkdir(parents=True)
    (folder / "counter.lua").write_text(_COUNTER, encoding="ascii")
    made = Orthanc(free_port(), free_port(), folder / "log", certificates)
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(_configuration(made, folder)), encoding="utf-8")
    with made.log.open("wb") as log:
        process = subprocess.Popen(
            [server, str(configuration)], stdout=log, stderr=log, env=_AT_ONCE
        )
        try:
            _wait_until_ready(made, process)
            yield made
        finally:
            process.terminate()
            process.wait(timeout=60)


def _configuration(made: Orthanc, folder: Path) -> dict[str, Any]:
    plain = {
        "StorageDirectory": str(folder / "storage"),
        "DicomAet": AE_TITLE,
        "DicomPort": made.dicom_port,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowStore": True,
        "HttpPort": made.http_port,
        "RemoteAccessAllowed": False,
        "LuaScripts": [str(folder / "counter.lua")],
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    return plain if made.certificates is None else plain | _encrypted(made.certificates)


def _encrypted(certificates: Certificates) -> dict[str, Any]:
    return {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(certificates.archive),
        "DicomTlsPrivateKey": str(certificates.archive_key),
        "DicomTlsTrustedCertificates": str(certificates.authority),
        "DicomTlsRemoteCertificateRequired": True,
    }


def _wait_until_ready(made: Orthanc, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _READY_S
    while True:
        try:
            made.get("/system")
        except requests.ConnectionError:
            ended = process.poll() is not None or time.monotonic() > end
            assert not ended, made.log.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.2)
        else:
            return


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
