"""Zip archives in the input: unpacked under neutral names, so that no name inside matters."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake.walk import FileEntry

MAX_DEPTH = 3
"""Archives in archives are unpacked so deep."""
MAX_GROWTH = 1100
"""A file that grows more than this is a bomb: deflate cannot compress further than 1030 times."""
_MAGIC = b"PK\x03\x04"
_DAMAGED = "a zip archive that is damaged or of an unknown kind"


@dataclass(frozen=True)
class Unpacked:
    """What archives held.

    files: members of all archives. refused: archives or members, each with its reason.
    folders: where the members lie.
    """

    files: tuple[FileEntry, ...]
    refused: tuple[tuple[FileEntry, str], ...]
    folders: tuple[Path, ...] = ()


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive by its first bytes; the name does not count."""
    try:
        with path.open("rb") as file:
            return file.read(4) == _MAGIC
    except OSError:
        return False


def unpack(archive: FileEntry, below: Path, depth: int = 1) -> Unpacked:
    """The members of an archive as files in a folder of their own below `below`.

    The folder is named by a digest of the archive's place, size and time stamp; it is kept while
    the archive does not change. Members are numbered: their names are used nowhere as paths.
    """
    folder = unpacking_folder(archive, below)
    try:
        if not folder.is_dir():
            _extract(archive, folder)
        files = _members(archive, folder)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError):
        return Unpacked((), ((archive, _DAMAGED),))
    except RuntimeError:  # how zipfile says that a password is needed
        return Unpacked((), ((archive, "a zip archive with a password; unpack it first"),))
    except OSError as error:
        if error.errno is None:  # how bz2 says that its data are damaged
            return Unpacked((), ((archive, _DAMAGED),))
        reason = f"a zip archive that could not be unpacked ({error.strerror})"
        return Unpacked((), ((archive, reason),))
    return _with_nested(files, folder, below, depth)


def unpacking_folder(archive: FileEntry, below: Path) -> Path:
    """Where the members of an archive go."""
    name = f"{archive.shown}\0{archive.size}\0{archive.modified_ns}"
    return below / hashlib.sha256(name.encode()).hexdigest()[:16]


def _extract(archive: FileEntry, folder: Path) -> None:
    partial = folder.with_name(f".{os.getpid()}.{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with zipfile.ZipFile(archive.path) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            _check_sizes(members, folder.parent)
            for number, member in enumerate(members):
                _extract_member(content, member, partial / f"{number:06d}", archive.modified_ns)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_sizes(members: list[zipfile.ZipInfo], below: Path) -> None:
    if any(member.file_size > MAX_GROWTH * member.compress_size + 1024 for member in members):
        raise zipfile.BadZipFile("implausible sizes")
    if sum(member.file_size for member in members) > shutil.disk_usage(below).free * 0.9:
        raise OSError(28, "not enough space on the disk of the output folder")


def _extract_member(
    content: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, modified_ns: int
) -> None:
    """One member, never longer than it says; it takes the archive's time stamp."""
    with content.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    os.utime(target, ns=(modified_ns, modified_ns))


def _members(archive: FileEntry, folder: Path) -> tuple[FileEntry, ...]:
    with zipfile.ZipFile(archive.path) as content:
        names = [member.filename for member in content.infolist() if not member.is_dir()]
    return tuple(
        FileEntry(
            folder / f"{number:06d}",
            f"{archive.shown}!{name.encode('utf-8', 'backslashreplace').decode()}",
            (folder / f"{number:06d}").stat().st_size,
            archive.modified_ns,
        )
        for number, name in enumerate(names)
    )


def _with_nested(files: tuple[FileEntry, ...], folder: Path, below: Path, depth: int) -> Unpacked:
    plain: list[FileEntry] = []
    refused: list[tuple[FileEntry, str]] = []
    folders = [folder]
    for entry in files:
        if not is_archive(entry.path):
            plain.append(entry)
        elif depth >= MAX_DEPTH:
            refused.append((entry, "an archive inside archives, too deep to be unpacked"))
        else:
            inner = unpack(entry, below, depth + 1)
            plain += inner.files
            refused += inner.refused
            folders += inner.folders
    return Unpacked(tuple(plain), tuple(refused), tuple(folders))
