"""One file's header, read without its pixels; or the reason why the file is of no use."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, config, dcmread
from pydicom.dataset import FileDataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, MediaStorageDirectoryStorage

from pipeline.geometry.frames import GEOMETRY_TAGS, Frame, frames_of
from pipeline.intake.signals import SIGNAL_TAGS, Signals, signals_of
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
_DESCRIBING = [Tag("SpecificCharacterSet"), *(Tag(k) for k in PERSON_KEYWORDS), *SIGNAL_TAGS]
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")  # how a file without the preamble begins


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True)
class Unusable:
    """A file that cannot be used, and why."""

    entry: FileEntry
    reason: str


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
    if not looks_like_dicom(entry.path):
        return Unusable(entry, "not a DICOM file")
    with entry.path.open("rb") as file:
        dataset = dcmread(file, stop_before_pixels=True, specific_tags=_TAGS, force=True)
        left = entry.size - file.tell()
    reason = _unusable(dataset, left)
    return Unusable(entry, reason) if reason else _header(dataset, entry)


def looks_like_dicom(path: Path) -> bool:
    """By the mark behind the preamble, or by the first element where the preamble was left out."""
    with path.open("rb") as file:
        start = file.read(132)
    return start[128:132] == b"DICM" or start[:2] in _FIRST_GROUPS


def _unusable(dataset: FileDataset, left: int) -> str | None:
    """Why an object is of no use. left: bytes of the file behind the header."""
    media = dataset.file_meta.get("MediaStorageSOPClassUID")
    if media == MediaStorageDirectoryStorage:
        return "a DICOMDIR, an index of other files; these are read themselves"
    if not dataset.get("StudyInstanceUID") or not dataset.get("SeriesInstanceUID"):
        return "a DICOM file without the identifiers of its study and series"
    if not dataset.get("SOPInstanceUID"):
        return "a DICOM file without its own identifier"
    if left < _least_size(dataset):
        return "a DICOM image that is cut short"
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


def _header(dataset: FileDataset, entry: FileEntry) -> Header:
    described = _described(dataset)
    return Header(
        entry=entry,
        sop_class_uid=str(dataset.get("SOPClassUID", "")),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        study_instance_uid=str(dataset.StudyInstanceUID),
        series_instance_uid=str(dataset.SeriesInstanceUID),
        series_number=_whole_number(dataset.get("SeriesNumber")),
        signals=described.signals,
        frames=frames_of(dataset),
        person=described.person,
    )


@dataclass(frozen=True)
class _Described:
    """The part of a header that is the same in all slices of a series."""

    signals: Signals
    person: dict[str, str]


_known: dict[Hashable, _Described] = {}


def _described(dataset: FileDataset) -> _Described:
    """Signals and person; worked out once for slices whose bytes are the same, half the time."""
    if "SharedFunctionalGroupsSequence" in dataset:
        return _Described(signals_of(dataset), _person(dataset))
    key = tuple(_bytes_of(dataset, tag) for tag in _DESCRIBING)
    if key not in _known:
        if len(_known) > 1000:
            _known.clear()
        _known[key] = _Described(signals_of(dataset), _person(dataset))
    return _known[key]


def _bytes_of(dataset: FileDataset, tag: BaseTag) -> Hashable:
    """The stored value before it is made sense of."""
    value = dataset.get_item(tag).value if tag in dataset else None
    return value if isinstance(value, (bytes, str)) else str(value)


def _person(dataset: Dataset) -> dict[str, str]:
    values = {keyword: str(dataset.get(keyword) or "") for keyword in PERSON_KEYWORDS}
    return {keyword: text for keyword, text in values.items() if text.strip()}


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
