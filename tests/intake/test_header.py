"""A slice that is like one before it is read like the first, whatever the encoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.filereader import read_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pipeline.intake import header
from pipeline.intake.header import Header, read_header
from pipeline.intake.walk import FileEntry

from .series_writer import CISS, Block, write_series

SYNTAXES = {
    "implicit": (ImplicitVRLittleEndian, True),
    "explicit": (ExplicitVRLittleEndian, True),
    "deflated": (DeflatedExplicitVRLittleEndian, False),
    "big endian": (ExplicitVRBigEndian, True),
}
"""With whether a slice like one before it is recognised."""


@pytest.fixture
def slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Three slices, and nothing known from other tests."""
    monkeypatch.setattr(header, "_known", {})
    return write_series(tmp_path, CISS, Block(shape=(8, 8, 3)))


def read(path: Path) -> Header:
    found = read_header(FileEntry(path, str(path), path.stat().st_size, 1))
    assert isinstance(found, Header)
    return found


def changed(paths: list[Path], change: Callable[[Dataset], object]) -> None:
    for path in paths:
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(path)


def told(path: Path) -> dict[str, Any]:
    """What is known of a slice; where the slice that stands for its series lies is not of it."""
    found = asdict(read(path))
    del found["common"]["frames"]
    return found


def assert_alike(paths: list[Path], monkeypatch: pytest.MonkeyPatch, *, recognised: bool) -> None:
    """All slices after one another, and each of them as the first that is seen."""
    together = [told(path) for path in paths]
    assert len(header._known) == (1 if recognised else 0)
    for path, found in zip(paths, together, strict=True):
        monkeypatch.setattr(header, "_known", {})
        assert found == told(path)
    assert len({item["sop_instance_uid"] for item in together}) == len(paths)
    assert len({item["frames"][0]["position_lps"] for item in together}) == len(paths)


@pytest.mark.parametrize("name", SYNTAXES)
def test_every_encoding(slices, monkeypatch, name):
    syntax, recognised = SYNTAXES[name]
    for path in slices:
        encode(path, syntax)
    assert_alike(slices, monkeypatch, recognised=recognised)


def encode(path: Path, syntax: UID) -> None:
    """Write the slice anew in another transfer syntax."""
    source = dcmread(path)
    fresh = Dataset()
    for element in source:
        fresh.add(element)
    fresh.file_meta = source.file_meta
    fresh.file_meta.TransferSyntaxUID = syntax
    fresh.save_as(path, enforce_file_format=True)


def test_a_header_longer_than_what_is_read_at_once(slices, monkeypatch):
    def lengthen(dataset: Dataset) -> None:
        block = dataset.private_block(0x0029, "SOMEBODY", create=True)
        block.add_new(0x10, "OB", b"\1" * 3 * header.BLOCK_BYTES)

    changed(slices, lengthen)
    assert_alike(slices, monkeypatch, recognised=True)


def test_a_slice_of_another_kind_is_not_taken_for_one_before(slices):
    def other(dataset: Dataset) -> None:
        dataset.EchoTime = 99.0

    changed(slices[1:2], other)
    found = [read(path) for path in slices]
    assert [item.common.signals["te_ms"] for item in found] == [2.7, 99.0, 2.7]


def test_a_slice_without_a_place_among_others(slices):
    def misplace(dataset: Dataset) -> None:
        del dataset.ImagePositionPatient

    changed(slices[:1], misplace)
    assert [len(read(path).frames) for path in slices] == [0, 1, 1]
    assert [len(read(path).frames) for path in slices] == [0, 1, 1]


def test_a_file_whose_encoding_is_not_what_it_says(slices, monkeypatch):
    """Implicit VR where explicit is announced: pydicom finds out, so must this."""
    for path in slices:
        announced, _ = parts(path)
        encode(path, ImplicitVRLittleEndian)
        path.write_bytes(announced + parts(path)[1])
    found = read(slices[0])
    assert (found.common.signals["te_ms"], len(found.frames)) == (2.7, 1)
    assert_alike(slices, monkeypatch, recognised=True)


def parts(path: Path) -> tuple[bytes, bytes]:
    """A file up to the end of its meta information, and its data set."""
    content = path.read_bytes()
    end = 144 + int(read_file_meta_info(path).FileMetaInformationGroupLength)
    return content[:end], content[end:]


def test_memory_of_what_is_known_is_bounded(slices, monkeypatch):
    monkeypatch.setattr(header, "_KEPT", 2)

    def number(dataset: Dataset) -> None:
        dataset.SeriesNumber = int(dataset.InstanceNumber) + 100

    changed(slices, number)
    for path in slices:
        read(path)
    assert len(header._known) <= 2
