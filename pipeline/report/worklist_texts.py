"""The texts of the worklist and of the page about the run (configs/report_texts.yaml)."""

from __future__ import annotations

from typing import Literal

from pipeline.records.findings import Degraded, Leading
from pipeline.records.worklist import ReviewState
from pipeline.report.text_part import ImpressionSide, TextPart


class WorklistTexts(TextPart):
    """The worklist in HTML and on the terminal."""

    title: str
    explained: str
    abbreviations: str
    counts: str
    quarantined: str
    first_group: str
    second_group: str
    none_in_group: str
    interrupted: str
    findings_unreadable: str
    page_missing: str
    objects_missing: str
    pdf_missing: str
    filter_text: str
    filter_status: str
    filter_side: str
    filter_finding: str
    filter_complete: str
    filter_review: str
    run_page: str
    keys: str
    tally: dict[Literal["none", "1", "2", "3", "4", "open"], str]
    review: dict[ReviewState, str]
    agreement_heading: str
    agreement_explained: str
    any: str
    complete: str
    limited: str
    shown: str
    sort: str
    pdf: str
    column: dict[str, str]
    finding: dict[Leading, str]
    side: dict[ImpressionSide, str]
    degraded: dict[Degraded, str]


class RunTexts(TextPart):
    """The page about the run."""

    title: str
    made_with: str
    problems: str
    no_problems: str
    without_pdf: str
    why: str
    times: str
    stage: str
    stages: dict[str, str]
    studies: str
    seconds: str
    each: str
    memory: str
    refused: str
    files: str
    count: str
    series: str
    no_series: str
    instances: str
    machine: str
    processor: str
    cores: str
    system: str
    python: str
    device: str
    packages: str
