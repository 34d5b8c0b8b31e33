"""What the export stage leaves beside its objects: what may be sent, and what was left out."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Record

ObjectKind = Literal["segmentation", "measurements", "report", "key_image"]


class ExportedObject(Record):
    """One DICOM object. file: relative to the case folder. sha256: of the whole file."""

    kind: ObjectKind
    file: str
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    sha256: str


class LeftOut(Record):
    """An object that was not written, and why."""

    kind: ObjectKind
    reason: str


class SegmentCentroid(Record):
    """Where a segment lies (LPS mm), and how far its read-back from there (mm)."""

    segment: int
    centroid_lps_mm: tuple[float, float, float]
    distance_mm: float


class ExportRecord(Record):
    """The objects of a study that were read back and released."""

    case: str
    study_instance_uid: str
    objects: tuple[ExportedObject, ...]
    left_out: tuple[LeftOut, ...]
    read_back: tuple[SegmentCentroid, ...]
