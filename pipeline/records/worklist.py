"""`worklist.json`: every study that went in, those that need a human first, then by priority."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Record
from pipeline.records.findings import Leading, Status
from pipeline.records.verdict import Judged

ReviewState = Literal["open", "agrees", "disagrees", "outdated"]


class WorklistRow(Record):
    """One study. reason: why it was not assessed, or why its page is missing.

    report_html, report_pdf: relative to the output folder, None where missing.
    thumbnail: a small picture of both sides, relative as well. review: what readers said of it;
    outdated where the record has changed since. reviewed_by: their initials.
    pdf_missing: why there is a page but no PDF. patient_name, patient_id and study_date
    (YYYYMMDD) only where the site asked for them.
    """

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
    pdf_missing: str | None = None
    thumbnail: str | None = None
    review: ReviewState = "open"
    reviewed_by: tuple[str, ...] = ()
    patient_name: str | None = None
    patient_id: str | None = None
    study_date: str | None = None


class Agreement(Record):
    """How often readers agreed with the answers about a finding, counted by side."""

    finding: Judged
    agree: int
    disagree: int
    unsure: int


class Worklist(Record):
    """quarantined: files of the input that could not be used, see intake.json.

    agreement: over the verdicts that were brought in; empty where there are none.
    """

    schema_version: str = "1.0"
    quarantined: int = 0
    studies: tuple[WorklistRow, ...]
    agreement: tuple[Agreement, ...] = ()
