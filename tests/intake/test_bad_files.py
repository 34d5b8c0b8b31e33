"""Damaged and odd files end with a reason and what to do, never with an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from pipeline.intake.header import Header, read_header
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import FileEntry

from .series_writer import CISS, Block, write_series


@pytest.fixture(scope="module")
def slice_file(tmp_path_factory) -> Path:
    return write_series(tmp_path_factory.mktemp("good"), CISS, Block(shape=(8, 8, 1)))[0]


def read(path: Path) -> Header | Unusable:
    return read_header(FileEntry(path, str(path), path.stat().st_size, 1))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(keep=st.floats(0, 1), place=st.floats(0, 1), value=st.integers(0, 255))
def test_cut_and_flipped_bytes(slice_file, tmp_path, keep, place, value):
    content = bytearray(slice_file.read_bytes())
    content[int(place * (len(content) - 1))] = value
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content[: round(keep * len(content))])
    found = read(damaged)
    assert isinstance(found, (Header, Unusable))
    if isinstance(found, Unusable):
        assert found.what_to_do


def test_text_named_like_dicom(tmp_path):
    (tmp_path / "a.dcm").write_text("hello")
    found = read(tmp_path / "a.dcm")
    assert isinstance(found, Unusable)
    assert found.reason == "not a DICOM file"
    assert found.what_to_do.startswith("nothing, unless")


def test_an_enormous_private_header_is_passed_over(slice_file, tmp_path):
    dataset = dcmread(slice_file)
    block = dataset.private_block(0x0029, "SOMEBODY", create=True)
    block.add_new(0x10, "OB", b"\0" * 8_000_000)
    dataset.save_as(tmp_path / "large")
    found = read(tmp_path / "large")
    assert isinstance(found, Header)
    assert len(found.frames) == 1
