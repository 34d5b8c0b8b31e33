"""One digest for a whole input folder: changes when a file comes, goes or changes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pipeline.intake.walk import walk


def fingerprint(input_folder: Path) -> str:
    """sha256 over relative path, size and time stamp of every file below a folder.

    No file is opened, so that a large archive is looked over in seconds.
    """
    tree = walk(input_folder)
    digest = hashlib.sha256()
    for entry in tree.files:
        digest.update(os.fsencode(entry.path.relative_to(input_folder)))
        digest.update(f"\0{entry.size}\0{entry.modified_ns}\n".encode())
    for folder in tree.closed:
        digest.update(b"closed " + os.fsencode(folder.relative_to(input_folder)) + b"\n")
    return digest.hexdigest()
