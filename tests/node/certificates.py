"""A certificate authority for tests, and what it signed: an archive's and our own (openssl)."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificates:
    """Files in one folder, all PEM."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def archive(self) -> Path:
        return self.folder / "archive.pem"

    @property
    def archive_key(self) -> Path:
        return self.folder / "archive.key"

    @property
    def settings(self) -> dict[str, str]:
        """A peer's settings of TLS."""
        return {
            "authority": str(self.authority),
            "certificate": str(self.folder / "own.pem"),
            "key": str(self.folder / "own.key"),
        }


def make_certificates(folder: Path) -> Certificates:
    """An authority of its own, and the two that trust it; skips without openssl."""
    folder.mkdir(parents=True)
    made = Certificates(folder)
    _request(folder, "authority", "basicConstraints=critical,CA:TRUE",
             "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    for name in ("archive", "own"):
        _request(folder, name, "subjectAltName=DNS:localhost", "keyUsage=digitalSignature",
                 "basicConstraints=CA:FALSE", signed=True)  # fmt: skip
    return made


def _request(folder: Path, name: str, *extensions: str, signed: bool = False) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    command = [
        program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
    ]  # fmt: skip
    for extension in extensions:
        command += ["-addext", extension]
    if signed:
        command += ["-CA", "authority.pem", "-CAkey", "authority.key"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
