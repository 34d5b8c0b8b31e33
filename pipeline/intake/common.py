"""What all slices of a series have in common, worked out from the header of one of them."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.dataset import FileDataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, MediaStorageDirectoryStorage

from pipeline.geometry.frames import GEOMETRY_TAGS, Frame, frames_of
from pipeline.intake.signals import SIGNAL_TAGS, Signals, signals_of

PERSON_KEYWORDS = (
    "PatientName", "PatientID", "AccessionNumber", "PatientBirthDate", "StudyDate",
    "OtherPatientNames", "OtherPatientIDs", "PatientBirthName", "PatientMotherBirthName",
    "ReferringPhysicianName", "PerformingPhysicianName", "RequestingPhysician",
    "NameOfPhysiciansReadingStudy", "PhysiciansOfRecord", "OperatorsName", "ResponsiblePerson",
    "StudyID", "AdmissionID",
)  # fmt: skip
"""Who is in the header; these words must not leave the private folder."""

_KEYWORDS = (
    "SpecificCharacterSet", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID",
    "SeriesNumber", "BitsAllocated", "SamplesPerPixel", *PERSON_KEYWORDS,
)  # fmt: skip
WANTED_TAGS: list[BaseTag] = [
    *(Tag(keyword) for keyword in _KEYWORDS), *SIGNAL_TAGS, *GEOMETRY_TAGS,
]  # fmt: skip
"""All that intake reads of a header."""


@dataclass(frozen=True, slots=True)
class Common:
    """What is the same in all slices of a series.

    reason: why objects like this are of no use, else None. least_size: bytes of their pixels.
    frames: with the positions of the object that this was worked out from. person: by keyword,
    only what is not empty.
    """

    reason: str | None
    least_size: int
    sop_class_uid: str
    study_instance_uid: str
    series_instance_uid: str
    series_number: int
    signals: Signals
    frames: tuple[Frame, ...]
    person: dict[str, str]


def common_of(dataset: FileDataset) -> Common:
    """Everything but what differs from slice to slice. dataset: with at least WANTED_TAGS."""
    return Common(
        reason=_unusable(dataset),
        least_size=_least_size(dataset),
        sop_class_uid=str(dataset.get("SOPClassUID", "")),
        study_instance_uid=str(dataset.get("StudyInstanceUID", "")),
        series_instance_uid=str(dataset.get("SeriesInstanceUID", "")),
        series_number=_whole_number(dataset.get("SeriesNumber")),
        signals=signals_of(dataset),
        frames=frames_of(dataset),
        person=_person(dataset),
    )


def _unusable(dataset: FileDataset) -> str | None:
    """Why objects like this one are of no use."""
    media = dataset.file_meta.get("MediaStorageSOPClassUID")
    if media == MediaStorageDirectoryStorage:
        return "a DICOMDIR, an index of other files; these are read themselves"
    if not dataset.get("StudyInstanceUID") or not dataset.get("SeriesInstanceUID"):
        return "a DICOM file without the identifiers of its study and series"
    return None


def _least_size(dataset: FileDataset) -> int:
    """Bytes that the pixels take at least where they are not compressed, else 0."""
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or not _is_plain(UID(syntax)) or not dataset.get("BitsAllocated"):
        return 0
    if "Image Storage" not in UID(dataset.get("SOPClassUID") or "").name:
        return 0
    pixels = int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0)
    samples = int(dataset.get("SamplesPerPixel") or 1) * int(dataset.get("NumberOfFrames") or 1)
    return pixels * samples * int(dataset.BitsAllocated) // 8


def _is_plain(syntax: UID) -> bool:
    known = syntax.is_transfer_syntax and not syntax.is_private
    return known and not syntax.is_compressed and not syntax.is_deflated


def _person(dataset: Dataset) -> dict[str, str]:
    values = {keyword: str(dataset.get(keyword) or "") for keyword in PERSON_KEYWORDS}
    return {keyword: text for keyword, text in values.items() if text.strip()}


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
