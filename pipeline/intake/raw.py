"""The values of a header as they stand in the file, before pydicom makes sense of them.

Slices of a series differ in little: that a file holds the same values as one before it is told
without a data set, in a third of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

BLOCK_BYTES = 1 << 16
"""So much of a file is read at once; most headers end within."""
_META_START = 132
_SYNTAX = int(Tag("TransferSyntaxUID"))
_META_TAGS: list[BaseTag | int] = [_SYNTAX, int(Tag("MediaStorageSOPClassUID"))]
_PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_ENCODINGS = {
    ImplicitVRLittleEndian.encode(): (True, True),
    ExplicitVRBigEndian.encode(): (False, False),
    DeflatedExplicitVRLittleEndian.encode(): None,
}
"""Implicit VR and little endian, by transfer syntax; all others are Explicit VR Little Endian."""


@dataclass(frozen=True, slots=True)
class RawHeader:
    """values: by tag, of the file meta information and of the data set. end: where pixels begin."""

    values: dict[int, Any]
    end: int


def read_raw(block: bytes, file: BinaryIO, wanted: Sequence[int]) -> RawHeader | None:
    """The wanted values of a file up to its pixels; None where it takes a data set to read them.

    block: how the file begins. file: is read where `block` ends before the pixels. wanted: tags.
    None is a file without preamble or transfer syntax, or with a deflated data set. Raises what
    pydicom raises on damaged files.
    """
    if block[_META_START - 4 : _META_START] != b"DICM":
        return None
    found = _read(BytesIO(block), wanted)
    return found if found is None or found.end < len(block) else _read(file, wanted)


def _read(file: BinaryIO, wanted: Sequence[int]) -> RawHeader | None:
    file.seek(_META_START)
    values = _values(file, False, True, _is_data, _META_TAGS)
    syntax = (values.get(_SYNTAX) or b"").rstrip(b"\0 ")
    encoding = _ENCODINGS.get(syntax, (False, True))
    if not syntax or encoding is None:
        return None
    values |= _values(file, *encoding, _is_pixels, list(wanted))
    return RawHeader(values, file.tell())


def _values(
    file: BinaryIO, implicit: bool, little: bool, stop: Any, wanted: list[BaseTag | int]
) -> dict[int, Any]:
    # Tags of pydicom compare in Python: plain numbers take a third of the time.
    elements = data_element_generator(file, implicit, little, stop, specific_tags=wanted)
    return {int(element.tag): element.value for element in elements}


def _is_data(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag >> 16 != 2


def _is_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in _PIXELS
