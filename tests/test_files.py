"""Files are replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.files import atomic_path, write_text_atomically, write_text_if_changed


def test_a_file_appears_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "record.json"

    with atomic_path(path) as partial:
        partial.write_text("half", encoding="utf-8")
        assert not path.exists()
        assert partial.parent == path.parent  # a rename across file systems is no rename

    assert path.read_text("utf-8") == "half"
    assert [file.name for file in path.parent.iterdir()] == ["record.json"]


def test_the_partial_file_keeps_the_suffixes_and_is_hidden(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "volume.nii.gz") as partial:
        assert partial.name.startswith(".")
        assert partial.suffixes[-2:] == [".nii", ".gz"]  # writers choose the format by them
        partial.touch()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "record.json"
    write_text_atomically(path, "old")

    def fail_half_way() -> None:
        with atomic_path(path) as partial:
            partial.write_text("new, but", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail_half_way()

    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_before_the_first_byte_is_told_as_itself(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "record.json"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_nothing_written_is_an_error_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_text_atomically(path, "old")

    with pytest.raises(FileNotFoundError), atomic_path(path):
        pass

    assert path.read_text("utf-8") == "old"


def test_text_is_utf8(tmp_path: Path) -> None:
    write_text_atomically(tmp_path / "a.txt", "≤ 0.3 mm, Größe")
    assert (tmp_path / "a.txt").read_bytes() == "≤ 0.3 mm, Größe".encode()


def test_unchanged_text_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    assert write_text_if_changed(path, "a")
    before = path.stat()

    assert not write_text_if_changed(path, "a")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    assert write_text_if_changed(path, "b")
    assert path.read_text("utf-8") == "b"
