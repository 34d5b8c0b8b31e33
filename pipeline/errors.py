"""Everything that can go wrong, as one tree.

* NvcError
  * UsageError          wrong use or settings: exit 2
  * NothingToReadError  no DICOM study in the input: exit 3
  * BusyError           another run works on the same output folder: exit 2
  * StudyError          one study cannot go on; the others do
    * NotAssessableError  the images do not allow an answer: a reason for the reader
    * StudyFailedError    the processing failed: an error for the operator
"""

from __future__ import annotations

ERROR_VARIABLE = "NVC_ERROR_FILE"
"""Environment variable with the file in which a stage leaves its error for `nvc run`."""


class NvcError(Exception):
    """Base of all errors with a message for people: what, why, and what to do."""


class UsageError(NvcError):
    """The command line or a settings file asks for something that does not exist."""


class NothingToReadError(NvcError):
    """The input holds no readable DICOM image."""


class BusyError(NvcError):
    """Another run holds the output folder."""


class StudyError(NvcError):
    """One study cannot go on. `code` is a short stable word, `message` a sentence for people.

    `deterministic` tells whether the same input and code would end the same way again.
    """

    def __init__(self, code: str, message: str, *, deterministic: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.deterministic = deterministic


class NotAssessableError(StudyError):
    """The images of the study do not allow an answer (sequence, coverage, quality, geometry)."""


class StudyFailedError(StudyError):
    """Processing failed although the images looked usable."""


def exit_code(error: NvcError) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, NothingToReadError):
        return 3
    return 2 if isinstance(error, UsageError | BusyError) else 1
