"""Links to the files of a series under neutral names, made anew only where they changed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.intake.walk import FileEntry


def link_series(folder: Path, entries: Sequence[FileEntry]) -> None:
    """`folder`/000000.dcm and so on lead to the files, in the order given.

    Where the file system has no links the files are copied.
    """
    wanted = {f"{number:06d}.dcm": entry for number, entry in enumerate(entries)}
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if present == set(wanted) and all(_leads_to(folder / n, e) for n, e in wanted.items()):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    for name, entry in wanted.items():
        _link_or_copy(folder / name, entry)


def remove_other_folders(parent: Path, keep: set[str]) -> None:
    """Remove the folders in `parent` whose names are not in `keep`."""
    for folder in parent.iterdir() if parent.is_dir() else ():
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def _link_or_copy(link: Path, entry: FileEntry) -> None:
    try:
        link.symlink_to(entry.path.resolve())
    except OSError:
        shutil.copy2(entry.path, link)


def _leads_to(link: Path, entry: FileEntry) -> bool:
    if link.is_symlink():
        return link.readlink() == entry.path.resolve()
    status = link.stat()
    return (status.st_size, status.st_mtime_ns) == (entry.size, entry.modified_ns)
