"""One file's header, read without its pixels; or the reason why the file is of no use."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydicom import Dataset, config, dcmread
from pydicom.dataset import FileDataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, MediaStorageDirectoryStorage

from pipeline.geometry.frames import GEOMETRY_TAGS, Frame, frames_of, position_of
from pipeline.intake.signals import SIGNAL_TAGS, Signals, signals_of
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import FileEntry

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
_TAGS: list[BaseTag] = [*(Tag(keyword) for keyword in _KEYWORDS), *SIGNAL_TAGS, *GEOMETRY_TAGS]
_PER_FRAME = Tag("PerFrameFunctionalGroupsSequence")
_TRANSFER_SYNTAX, _MEDIA_CLASS = Tag("TransferSyntaxUID"), Tag("MediaStorageSOPClassUID")
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")  # how a file without the preamble begins


@dataclass(frozen=True, eq=False, slots=True)
class Header:
    """What intake knows about one DICOM object. person: by keyword, only what is not empty."""

    entry: FileEntry
    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    series_number: int
    signals: Signals
    frames: tuple[Frame, ...]
    person: dict[str, str]


def read_header(entry: FileEntry) -> Header | Unusable:
    """The header of a file; never an exception, whatever the file holds."""
    with _quietly():
        try:
            return _read(entry)
        except PermissionError:
            return Unusable(entry, "no permission to open the file")
        except OSError:
            return Unusable(entry, "the file could not be read")
        except Exception:  # noqa: BLE001 - damaged files raise anything, and none may stop the run
            return Unusable(entry, "a DICOM file that is damaged")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without pydicom's complaints about single values: they quote them."""
    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        config.settings.reading_validation_mode = before


def _read(entry: FileEntry) -> Header | Unusable:
    if entry.size == 0:
        return Unusable(entry, "an empty file")
    with entry.path.open("rb") as file:
        if not looks_like_dicom(file.read(132)):
            return Unusable(entry, "not a DICOM file")
        file.seek(0)
        dataset = dcmread(file, stop_before_pixels=True, specific_tags=_TAGS, force=True)
        left = entry.size - file.tell()
    common = _common(dataset)
    if common.reason:
        return Unusable(entry, common.reason)
    if not (own_uid := str(dataset.get("SOPInstanceUID") or "")):
        return Unusable(entry, "a DICOM file without its own identifier")
    if left < common.least_size:
        return Unusable(entry, "a DICOM image that is cut short")
    return _header(dataset, entry, own_uid, common)


def looks_like_dicom(start: bytes) -> bool:
    """By the mark behind the preamble, or by the first element where the preamble was left out.

    start: the first 132 bytes of a file.
    """
    return start[128:132] == b"DICM" or start[:2] in _FIRST_GROUPS


@dataclass(frozen=True, slots=True)
class _Common:
    """What is the same in all slices of a series.

    reason: why objects like this are of no use, else None. least_size: bytes of their pixels.
    frames: with the positions of the first object that was seen.
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


_OWN = frozenset({Tag("SOPInstanceUID"), Tag("ImagePositionPatient")})
"""What differs from slice to slice."""
_KEPT = 1000
_known: dict[Hashable, _Common] = {}


def _common(dataset: FileDataset) -> _Common:
    """Worked out once for slices whose other bytes are the same: three quarters of the time."""
    if _PER_FRAME in dataset:
        return _worked_out(dataset)
    key = (
        _stored(dataset.file_meta.get_item(_TRANSFER_SYNTAX)),
        _stored(dataset.file_meta.get_item(_MEDIA_CLASS)),
        *((tag, _stored(element)) for tag, element in dataset.items() if tag not in _OWN),
    )
    if key not in _known:
        if len(_known) >= _KEPT:
            _known.clear()
        _known[key] = _worked_out(dataset)
    return _known[key]


def _stored(element: Any) -> Hashable:
    """The value of an element before it is made sense of."""
    value = None if element is None else element.value
    return value if isinstance(value, (bytes, str)) else str(value)


def _worked_out(dataset: FileDataset) -> _Common:
    return _Common(
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


def _header(dataset: FileDataset, entry: FileEntry, own_uid: str, common: _Common) -> Header:
    return Header(
        entry=entry,
        sop_class_uid=common.sop_class_uid,
        sop_instance_uid=own_uid,
        study_instance_uid=common.study_instance_uid,
        series_instance_uid=common.series_instance_uid,
        series_number=common.series_number,
        signals=common.signals,
        frames=_own_frames(dataset, common),
        person=common.person,
    )


def _own_frames(dataset: FileDataset, common: _Common) -> tuple[Frame, ...]:
    """The frames of a multi-frame object; of a single slice that of its series, at its place."""
    if _PER_FRAME in dataset:
        return common.frames
    position = position_of(dataset)
    if position is None:
        return ()
    if not common.frames:  # the slice that was seen first had no place
        return frames_of(dataset)
    return (replace(common.frames[0], position_lps=position),)


def _person(dataset: Dataset) -> dict[str, str]:
    values = {keyword: str(dataset.get(keyword) or "") for keyword in PERSON_KEYWORDS}
    return {keyword: text for keyword, text in values.items() if text.strip()}


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
