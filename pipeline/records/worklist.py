"""`worklist.json`: every study that went in, those that need a human first, then by priority."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Record
from pipeline.records.findings import Leading, Status


class WorklistRow(Record):
    case: str
    study_instance_uid: str
    status: Status
    reason: str | None
    priority: Literal[1, 2, 3, 4] | None
    leading: Leading
    side: Literal["left", "right", "both", "midline"] | None
    degraded: tuple[str, ...]
    sentence: str
    report_html: str | None
    report_pdf: str | None


class Worklist(Record):
    schema_version: str = "1.0"
    studies: tuple[WorklistRow, ...]
