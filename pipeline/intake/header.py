"""One file's header, read without its pixels; or the reason why the file is of no use."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from pydicom import config, dcmread
from pydicom.tag import Tag

from pipeline.geometry.frames import Frame, Triple, position_of
from pipeline.intake.common import WANTED_TAGS, Common, common_of
from pipeline.intake.raw import BLOCK_BYTES, read_raw
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import FileEntry

_PER_FRAME = int(Tag("PerFrameFunctionalGroupsSequence"))
_OWN_UID, _POSITION = int(Tag("SOPInstanceUID")), int(Tag("ImagePositionPatient"))
_WANTED = [int(tag) for tag in WANTED_TAGS]
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")  # how a file without the preamble begins
_KEPT = 1000


@dataclass(frozen=True, eq=False, slots=True)
class Header:
    """What intake knows about one DICOM object. frames: where its own slices lie.

    common: shared with the other slices of its series.
    """

    entry: FileEntry
    sop_instance_uid: str
    frames: tuple[Frame, ...]
    common: Common


@dataclass(frozen=True, slots=True)
class _Slice:
    """A single slice as it stands in its file.

    key: all that it has in common with other slices. position_lps: mm, None where the header does
    not say it. end: bytes of the file before the pixels.
    """

    key: Hashable
    uid: str
    position_lps: Triple | None
    end: int


_known: dict[Hashable, Common] = {}
"""By the key of slices."""


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
        block = file.read(BLOCK_BYTES)
        if not looks_like_dicom(block):
            return Unusable(entry, "not a DICOM file")
        raw = _raw_slice(block, file)
        common = None if raw is None else _known.get(raw.key)
        if raw is not None and common is not None:
            return _checked(entry, raw.uid, raw.end, common, _placed(raw, common))
        file.seek(0)
        dataset = dcmread(file, stop_before_pixels=True, specific_tags=WANTED_TAGS, force=True)
        end = file.tell()
    uid, common = str(dataset.get("SOPInstanceUID") or ""), common_of(dataset)
    if raw is not None and (raw.uid, raw.position_lps, raw.end) == (uid, position_of(dataset), end):
        _remember(raw.key, common)
    return _checked(entry, uid, end, common, common.frames)


def looks_like_dicom(start: bytes) -> bool:
    """By the mark behind the preamble, or by the first element where the preamble was left out.

    start: at least the first 132 bytes of a file.
    """
    return start[128:132] == b"DICM" or start[:2] in _FIRST_GROUPS


def _raw_slice(block: bytes, file: BinaryIO) -> _Slice | None:
    """The slice in a file; None where only a data set tells, or tells what is wrong with it."""
    try:
        raw = read_raw(block, file, _WANTED)
        if raw is None or _PER_FRAME in raw.values:
            return None
        uid = str(raw.values.pop(_OWN_UID), "ascii").rstrip("\0 ")
        position = raw.values.pop(_POSITION, None)
        key = (position is None, *raw.values.items())
        hash(key)  # nested values have none
        return _Slice(key, uid, None if position is None else _triple(position), raw.end)
    except Exception:  # noqa: BLE001 - damaged files raise anything
        return None


def _triple(stored: bytes) -> Triple:
    x, y, z = (float(number) for number in stored.split(b"\\"))
    return (x, y, z)


def _remember(key: Hashable, common: Common) -> None:
    if len(_known) >= _KEPT:
        _known.clear()
    _known[key] = common


def _placed(raw: _Slice, common: Common) -> tuple[Frame, ...]:
    """The frame of a slice: that of its series, at its own place."""
    if raw.position_lps is None or not common.frames:
        return ()
    return (replace(common.frames[0], position_lps=raw.position_lps),)


def _checked(
    entry: FileEntry, uid: str, end: int, common: Common, frames: tuple[Frame, ...]
) -> Header | Unusable:
    if common.reason:
        return Unusable(entry, common.reason)
    if not uid:
        return Unusable(entry, "a DICOM file without its own identifier")
    if entry.size - end < common.least_size:
        return Unusable(entry, "a DICOM image that is cut short")
    return Header(entry, uid, frames, common)
