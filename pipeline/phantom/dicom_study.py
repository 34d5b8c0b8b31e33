"""Writes a generated study as a scanner would send it: every series, in one folder, mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.geometry import Volume
from pipeline.phantom.dicom_acquisition import (
    Acquisition,
    Scanner,
    acquisition,
    localizer_acquisition,
    scanner_of,
)
from pipeline.phantom.dicom_identity import StudyIdentity, generated_identity
from pipeline.phantom.dicom_secondary import (
    View,
    projection_of,
    write_localizer,
    write_tof_mip,
)
from pipeline.phantom.dicom_series import (
    DEFAULT_COMPRESSION,
    Compression,
    series_instance_uid,
    write_series,
)
from pipeline.phantom.vendors import vendor_entry
from pipeline.records.base import Role

__all__ = ["StudyIdentity", "WrittenSeries", "generated_identity", "write_study"]

_Role = TypeVar("_Role", bound=str)
_ORDER: tuple[Role, ...] = ("t1", "t2", "tof", "t1c")
"""In which sequences are acquired: after contrast last."""
_PROJECTED: tuple[View, ...] = ("coronal", "sagittal")


@dataclass(frozen=True)
class WrittenSeries:
    """One series of a written study. role: what a reader should make of it."""

    role: Role
    family: str
    series_instance_uid: str
    series_number: int
    description: str
    files: tuple[Path, ...]


def write_study(
    volumes: Mapping[_Role, Volume],
    identity: StudyIdentity,
    vendor: str,
    seed: int,
    folder: Path,
    *,
    families: Mapping[str, str] | None = None,
    scale: float = 1.0,
    compression: Compression = DEFAULT_COMPRESSION,
) -> tuple[WrittenSeries, ...]:
    """Write a study with a localizer and, where there is an angiogram, its projections.

    volumes: by role (t1, t2, tof, t1c), as `write_series` takes them; at least one.
    vendor: siemens, ge or philips. seed: draws scanner, protocols, descriptions, file names.
    families: by role, the vendor's family or the look that fits the image (bssfp, tse, ...).
    scale: stored value per unit of all volumes.

    The same arguments give the same bytes. Raises ValueError for unknown roles, vendors or
    families.
    """
    unknown = set(volumes) - set(_ORDER)
    if unknown or not volumes:
        raise ValueError(f"a study is made of {_ORDER}, not of {sorted(volumes)}")
    images = {str(role): volume for role, volume in volumes.items()}
    rng = np.random.default_rng([61, seed])
    writer = _Writer(identity, scanner_of(vendor, rng), folder, scale, compression)
    written = [writer.localizer(images, rng)]
    for role in (role for role in _ORDER if role in images):
        wanted = (families or {}).get(role)
        protocol = acquisition(role, vendor, rng, wanted, writer.scanner)
        number = writer.number(len([series for series in written if series.role != "other"]) + 1)
        written.append(writer.acquired(images[role], protocol, number))
        if role == "tof":
            written += writer.projections(images[role], protocol, number)
    return tuple(written)


@dataclass(frozen=True)
class _Writer:
    """What all series of a study share."""

    identity: StudyIdentity
    scanner: Scanner
    folder: Path
    scale: float
    compression: Compression

    def number(self, turn: int) -> int:
        """Number of the series acquired as the n-th, counted from the localizer as 0."""
        entry = vendor_entry(self.scanner.vendor)
        return entry.first_series + turn * entry.series_step

    def localizer(self, images: Mapping[str, Volume], rng: np.random.Generator) -> WrittenSeries:
        protocol, number = localizer_acquisition(self.scanner, rng), self.number(0)
        source = next(images[role] for role in ("t2", "tof", "t1", "t1c") if role in images)
        files = write_localizer(
            source, protocol, self.identity, self.folder, number,
            scale=self.scale, compression=self.compression,
        )  # fmt: skip
        return self._series(protocol, number, files)

    def acquired(self, image: Volume, protocol: Acquisition, number: int) -> WrittenSeries:
        files = write_series(
            image, protocol, self.identity, self.folder, number,
            scale=self.scale, compression=self.compression,
        )  # fmt: skip
        return self._series(protocol, number, files)

    def projections(self, image: Volume, protocol: Acquisition, number: int) -> list[WrittenSeries]:
        """One series for each view, numbered behind the angiogram."""
        result = []
        for place, view in enumerate(_PROJECTED, start=number + 1):
            files = write_tof_mip(
                image, protocol, self.identity, self.folder, place,
                view=view, scale=self.scale, compression=self.compression,
            )  # fmt: skip
            result.append(self._series(projection_of(protocol, view), place, files))
        return result

    def _series(self, protocol: Acquisition, number: int, files: list[Path]) -> WrittenSeries:
        return WrittenSeries(
            role=protocol.role,
            family=protocol.family,
            series_instance_uid=str(series_instance_uid(self.identity, number)),
            series_number=number,
            description=protocol.description,
            files=tuple(files),
        )
