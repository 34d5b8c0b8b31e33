"""Why a file of labels or verdicts cannot be used."""

from __future__ import annotations

from pipeline.errors import UsageError


class LabelsRefusedError(UsageError):
    """reason, remedy: for people; neither names a patient, a path or a file's content."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
