"""Files that cannot be used: why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.intake.walk import FileEntry

_COPY_AGAIN = "copy or export it again from its source"
_WHAT_TO_DO = {
    "an empty file": _COPY_AGAIN,
    "not a DICOM file": "nothing, unless it should be an image; then export it again as DICOM",
    "a DICOMDIR": "nothing",
    "a DICOM file without": "export the study again from its archive, with all identifiers",
    "a DICOM image that is cut short": _COPY_AGAIN,
    "a DICOM file that is damaged": _COPY_AGAIN,
    "no permission": "give the user that runs this the right to read it",
    "a folder that cannot be opened": "give the user that runs this the right to read it",
    "the file could not be read": "check the disk or the network drive, and run again",
    "a zip archive with a password": "unpack it, and give the folder with its files",
    "a zip archive that could not": "make room on the disk of the output folder, and run again",
    "a zip archive that is damaged": "copy it again, or unpack it and give the folder",
    "an archive inside archives": "unpack it, and give the folder with its files",
}
"""By how the reason begins."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that cannot be used, and why; the reason begins like one of a closed list."""

    entry: FileEntry
    reason: str

    @property
    def what_to_do(self) -> str:
        return next(text for start, text in _WHAT_TO_DO.items() if self.reason.startswith(start))
