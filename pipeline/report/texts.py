"""The texts of page, PDF and worklist (configs/report_texts.yaml), checked against closed lists."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from pipeline.records.base import Side
from pipeline.records.findings import Answer, Degraded, Segment, Status
from pipeline.records.verdict import Opinion, ReviewedSide
from pipeline.records.volumes import ImageRole
from pipeline.report.text_part import (
    FindingName,
    JumpName,
    LabelName,
    Pictured,
    Plane,
    PriorityKey,
    TextPart,
)
from pipeline.report.worklist_texts import RunTexts, WorklistTexts
from pipeline.settings import CONFIGS

TEXTS_FILE = CONFIGS / "report_texts.yaml"


class PageTexts(TextPart):
    """Headings and the case line."""

    title: str
    case: str
    pseudonym: str
    name: str
    patient_id: str
    study_date: str
    affected_side: str
    impression: str
    not_assessed_heading: str
    both_sides: str
    order_of_sides: str
    affected_first: str
    contents: str
    skip: str
    sure_heading: str
    limits_heading: str
    details: str
    worklist: str
    missing_heading: str
    nothing_missing: str
    profile_heading: str
    pictures_heading: str
    show_outlines: str
    not_looked_for_heading: str
    base_rates_heading: str
    evidence_heading: str
    sequences_heading: str
    models_heading: str
    made_by: str


class ContactTexts(TextPart):
    """Vessel contact of one side, row by row; answers by the name of the answer."""

    heading: str
    answer: dict[Answer, str]
    because: str
    probability: str
    prevalence: str
    place: str
    gap: str
    why: dict[Literal["open", "weighed", "gap", "contradicted", "touch", "unmeasured"], str]
    other_vessel: str
    unknown: str
    nothing: str
    row_answer: str
    row_probability: str
    row_grade: str
    row_gap: str
    row_vessel: str
    row_place: str
    row_others: str
    row_base_rate: str


class BaseRateTexts(TextPart):
    """How common a contact is without symptoms."""

    root_exit_zone: str
    cisternal: str
    explained: str


class LesionTexts(TextPart):
    """Mass and aneurysm of one side."""

    heading: dict[Literal["tumour", "aneurysm"], str]
    answer: dict[Answer, str]
    flagged: str
    shown: str


class SideTexts(TextPart):
    """What is said about a side as a whole, and about the difference between the sides."""

    name: dict[Side, str]
    short: dict[Side, str]
    letter: dict[Side, str]
    row_limits: str
    degraded: str
    not_assessable: str
    smaller_gap: dict[Side, str]
    same_gap: str
    gaps_overlap: str
    gaps_apart: str
    no_dolichoectasia: str


class PlotTexts(TextPart):
    """The plot of the gap along the nerve."""

    label: str
    none: str
    along: str
    gap: str
    near: str
    ring: str
    explained: str
    segment: dict[Segment, str]


class PictureTexts(TextPart):
    """Key images: what they show, where, in which images."""

    alt: str
    plate: str
    plate_of: str
    paper: str
    plate_explained: str
    mirrored: str
    none_mirrored: str
    unrolled: str
    unrolled_heading: str
    unrolled_alt: str
    unrolled_explained: str
    ends: tuple[str, str]
    to_viewer: str
    position: str
    none_drawn: str
    overview_only: str
    overview_caption: str
    and_: str
    plane: dict[Plane, str]
    finding: dict[Pictured, str]
    image: dict[ImageRole, str]
    label: dict[LabelName, str]


class ViewerTexts(TextPart):
    """The viewer: its controls and what it says."""

    heading: str
    explained: str
    keys: str
    planes: str
    solid: str
    image: str
    outlines: str
    go_to: str
    jump: dict[JumpName, str]
    cursor: str
    unavailable: str
    starting: str
    orders: dict[Literal["front", "left", "right", "above"], str]
    look_from: str


class VerdictTexts(TextPart):
    """The reader's verdict: the form and the words of its answers."""

    heading: str
    explained: str
    opinion: str
    opinions: dict[Opinion, str]
    corrected_grade: str
    corrected_vessel: str
    corrected_side: str
    sides: dict[ReviewedSide, str]
    as_reported: str
    comment: str
    comment_hint: str
    reader: str
    reader_hint: str
    save: str
    reader_missing: str
    nothing_said: str
    saved: str
    no_script: str


class LimitsTexts(TextPart):
    """What the page is not, in words for everyone."""

    paragraphs: tuple[str, ...]
    sources: str


class EvidenceTexts(TextPart):
    """What the numbers rest on."""

    synthetic: str
    accuracy: dict[FindingName, str]
    accuracy_none: str
    calibration_file: str
    finding: dict[FindingName, str]


class SequenceTexts(TextPart):
    """The table of images used."""

    heading: str
    voxel: str
    voxel_size: str
    shift: str
    series: str
    reference: str
    absent: str
    none_used: str
    name: dict[ImageRole, str]


class PdfTexts(TextPart):
    """What concerns the PDF alone."""

    more: str
    libraries_missing: str


class ReportTexts(TextPart):
    """Every text of page, PDF and worklist. probability_words: lower end in per cent, words."""

    product: str
    research_use: str
    page: PageTexts
    status: dict[Status, str]
    priority: dict[PriorityKey, str]
    side: SideTexts
    contact: ContactTexts
    base_rate: BaseRateTexts
    lesion: LesionTexts
    probability_words: tuple[tuple[float, str], ...]
    degraded: dict[Degraded, str]
    plot: PlotTexts
    picture: PictureTexts
    not_looked_for: tuple[str, ...]
    viewer: ViewerTexts
    verdict: VerdictTexts
    limits: LimitsTexts
    evidence: EvidenceTexts
    sequence: SequenceTexts
    model: dict[Literal["name", "version", "checksum", "none"], str]
    pdf: PdfTexts
    worklist: WorklistTexts
    run: RunTexts


@cache
def load_texts(path: Path = TEXTS_FILE) -> ReportTexts:
    """The texts; pydantic's ValidationError where one is missing or a name is unknown."""
    return ReportTexts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
