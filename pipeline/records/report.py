"""What the report stage leaves beside its pages: whether all of them could be made."""

from __future__ import annotations

from pipeline.records.base import Record


class ReportRecord(Record):
    """key_images: relative to the case folder. pdf_missing: why there is no PDF, else None."""

    case: str
    key_images: tuple[str, ...]
    pdf_missing: str | None
