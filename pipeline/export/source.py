"""The series that the results were drawn on: its headers, in the order of its slices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from pipeline.convert.dicomstack import DicomStack, read_stack
from pipeline.convert.quietly import quietly
from pipeline.convert.refused import SeriesRefused
from pipeline.errors import StudyFailedError
from pipeline.export.patient_study import completed
from pipeline.geometry.grid import Grid
from pipeline.paths import CaseFolder
from pipeline.records.base import Point
from pipeline.records.findings import Findings
from pipeline.records.manifest import SeriesEntry, StudyManifest
from pipeline.records.volumes import ImageRole

REFERENCE_ROLES: tuple[ImageRole, ...] = ("t2", "tof")
"""Whose grid carries the results: the first of these that the findings name."""


@dataclass(frozen=True)
class SourceFrame:
    """One slice: the header of its object, and its frame number (1 and up; 1 in classic MR)."""

    header: Dataset
    frame: int


@dataclass(frozen=True, eq=False)
class ReferenceSeries:
    """stack: the slices as a volume, axes (column, row, slice). headers: by file, in slice order.

    Headers hold no pixels; attributes of type 2 that the source lacks stand in them empty.
    """

    stack: DicomStack
    headers: dict[Path, Dataset]

    @property
    def grid(self) -> Grid:
        return self.stack.stack.grid

    @property
    def datasets(self) -> list[Dataset]:
        """One for each object, in slice order."""
        return list(self.headers.values())

    @cached_property
    def frames(self) -> list[SourceFrame]:
        """One for each slice, in slice order."""
        return [SourceFrame(self.headers[p], number + 1) for p, number in self.stack.places]

    def nearest(self, point_lps: Point) -> SourceFrame:
        """The slice through a point, or the one closest to it."""
        height = float(self.grid.to_index(np.array(point_lps))[2])
        return self.frames[int(np.clip(round(height), 0, len(self.frames) - 1))]


def reference_series(folder: CaseFolder, findings: Findings) -> ReferenceSeries | None:
    """The series of the reference grid; None where the study has none.

    Raises StudyFailedError where its files are gone or no longer form the volume they did.
    """
    entry = _reference_entry(StudyManifest.read(folder.manifest), findings)
    if entry is None:
        return None
    try:
        stack = read_stack(folder.output.series_links(folder.case, entry.index))
    except SeriesRefused as refused:
        message = f"the source series cannot be read any more: {refused.message}"
        raise StudyFailedError("source_unreadable", message, deterministic=False) from None
    paths = dict.fromkeys(path for path, _ in stack.places)
    return ReferenceSeries(stack, {path: read_header(path) for path in paths})


def any_header(folder: CaseFolder) -> Dataset | None:
    """The header of some object of the study, for its patient and study modules."""
    links = sorted(folder.output.links.joinpath(folder.case).glob("*/*"))
    return read_header(links[0]) if links else None


def read_header(path: Path) -> Dataset:
    """A header without pixels, with what type 2 asks for; StudyFailedError where unreadable."""
    try:
        with quietly():
            return completed(dcmread(path, stop_before_pixels=True, force=True))
    except OSError:
        raise StudyFailedError(
            "source_unreadable",
            "a file of the source study cannot be read any more; run intake again",
            deterministic=False,
        ) from None


def _reference_entry(manifest: StudyManifest, findings: Findings) -> SeriesEntry | None:
    used = (findings.sequences.get(role) for role in REFERENCE_ROLES)
    uid = next((sequence.series_instance_uid for sequence in used if sequence), None)
    same = (e for e in manifest.series if e.series_instance_uid == uid and e.usable)
    return next(same, None)
