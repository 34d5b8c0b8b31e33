"""Zip archives: looked into, never trusted."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from pipeline.intake.archive import is_archive, unpack
from pipeline.intake.walk import FileEntry, walk


def entry_of(path: Path) -> FileEntry:
    return walk(path.parent).files[0]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def archive_in(tmp_path: Path, content: bytes, name: str = "study") -> FileEntry:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(content)
    return entry_of(folder / name)


def test_members_are_numbered_so_that_paths_lead_nowhere(tmp_path):
    entry = archive_in(tmp_path, zipped({"../../evil": b"1", "/abs/evil": b"2", "a/b.dcm": b"3"}))
    found = unpack(entry, tmp_path / "out")
    assert [file.path.read_bytes() for file in found.files] == [b"1", b"2", b"3"]
    assert [file.path.name for file in found.files] == ["000000", "000001", "000002"]
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {entry.path, *(file.path for file in found.files)}
    assert found.files[2].shown.endswith("in/study!a/b.dcm")


def test_unpacked_once_while_the_archive_does_not_change(tmp_path):
    entry = archive_in(tmp_path, zipped({"a": b"1"}))
    first = unpack(entry, tmp_path / "out").files[0]
    before = first.path.stat().st_ctime_ns
    again = unpack(entry, tmp_path / "out").files[0]
    assert again == first
    assert again.path.stat().st_ctime_ns == before


def test_archives_in_archives_up_to_a_depth(tmp_path):
    content = zipped({"inner": b"x"})
    for level in range(3):
        content = zipped({f"level{level}": content, f"file{level}": b"y"})
    found = unpack(archive_in(tmp_path, content), tmp_path / "out")
    assert len(found.files) == 3
    assert [reason for _, reason in found.refused] == [
        "an archive inside archives, too deep to be unpacked"
    ]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_archives_are_refused(tmp_path, damage):
    content = bytearray(zipped({"a": os.urandom(2000), "b": os.urandom(2000)}))
    if damage == "cut":
        content = content[:2500]
    else:
        content[100] ^= 0xFF
    found = unpack(archive_in(tmp_path, bytes(content)), tmp_path / "out")
    assert found.files == ()
    assert found.refused[0][1] == "a zip archive that is damaged or of an unknown kind"
    assert not any(path.is_file() for path in (tmp_path / "out").rglob("*"))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("place", [60, 90, 200, 1000])
def test_damage_is_damage_whatever_the_compression(tmp_path, method, place):
    content = bytearray(zipped({"a": os.urandom(2000)}, method))
    content[place] ^= 0xFF
    found = unpack(archive_in(tmp_path, bytes(content)), tmp_path / "out")
    assert found.files == ()
    assert [reason for _, reason in found.refused] == [
        "a zip archive that is damaged or of an unknown kind"
    ]


def test_an_archive_that_would_explode_is_refused(tmp_path):
    """A member that claims to be larger than deflate can make it."""
    content = zipped({"a": b"0" * 100})
    claimed = content.replace((100).to_bytes(4, "little"), (1 << 30).to_bytes(4, "little"))
    assert claimed != content
    found = unpack(archive_in(tmp_path, claimed), tmp_path / "out")
    assert found.files == ()
    assert len(found.refused) == 1


def test_encrypted_archives_say_so(tmp_path):
    content = bytearray(zipped({"a": b"1"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    found = unpack(archive_in(tmp_path, bytes(content)), tmp_path / "out")
    assert found.refused[0][1] == "a zip archive with a password; unpack it first"


def test_recognised_by_content(tmp_path):
    (tmp_path / "a.zip").write_text("no archive")
    (tmp_path / "b").write_bytes(zipped({"a": b"1"}))
    assert not is_archive(tmp_path / "a.zip")
    assert is_archive(tmp_path / "b")
    assert not is_archive(tmp_path / "missing")
