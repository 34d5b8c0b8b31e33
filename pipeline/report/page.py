"""Everything that a page says about a study, in words: one view for the page and for the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from markupsafe import Markup

from pipeline import __version__
from pipeline.records.findings import Findings, MeasuredAccuracy
from pipeline.records.volumes import IMAGE_ROLES, ImageRole
from pipeline.report.comparison import COLUMNS, Row, comparison
from pipeline.report.figures import Figure, LegendEntry, legend
from pipeline.report.numbers import filled, shown, shown_mm, shown_percent
from pipeline.report.patient import Patient
from pipeline.report.profile_plot import ProfilePlot, Scale, common_scale, profile_plot
from pipeline.report.texts import PriorityKey, ReportTexts
from pipeline.report.wording import Wording


@dataclass(frozen=True)
class SequenceLine:
    """One sequence of the study; empty texts where it was not available."""

    name: str
    voxel: Markup
    shift: Markup
    series: str


@dataclass(frozen=True)
class Page:
    """A study's page before it is laid out. plots and columns: the patient's right, then left."""

    findings: Findings
    texts: ReportTexts
    product_version: str
    patient: Patient | None
    status: str
    priority: str
    rows: tuple[Row, ...]
    difference: Markup
    dolichoectasia: str
    missing: tuple[str, ...]
    scale: Scale | None
    plots: tuple[ProfilePlot | None, ProfilePlot | None]
    figures: tuple[Figure, ...]
    legend: tuple[LegendEntry, ...]
    sequences: tuple[SequenceLine, ...]
    accuracy: tuple[Markup, ...]

    @property
    def columns(self) -> tuple[str, str]:
        """Headings of the two sides' columns, in their order."""
        return (self.texts.side.name[COLUMNS[0]], self.texts.side.name[COLUMNS[1]])

    def figures_of(self, side: str | None) -> list[Figure]:
        """The pictures of one side, or those that belong to none."""
        return [figure for figure in self.figures if figure.side == side]


def build_page(
    findings: Findings, figures: Sequence[Figure], patient: Patient | None, wording: Wording
) -> Page:
    """The view of a study. Works for every status; what is not known is left out or said."""
    texts, scale = wording.texts, common_scale(findings.sides)
    right, left = (
        profile_plot(side, findings.sides[side], scale) if scale else None for side in COLUMNS
    )
    return Page(
        findings=findings,
        texts=texts,
        product_version=__version__,
        patient=patient,
        status=texts.status[findings.status],
        priority=texts.priority[cast("PriorityKey", str(findings.priority).lower())],
        rows=comparison(findings, wording) if findings.status == "assessed" else (),
        difference=_difference(findings, texts),
        dolichoectasia=_dolichoectasia(findings, texts),
        missing=tuple(texts.degraded[code] for code in findings.degraded),
        scale=scale,
        plots=(right, left),
        figures=tuple(figures),
        legend=legend(texts.picture),
        sequences=tuple(_sequence(role, findings, texts) for role in IMAGE_ROLES),
        accuracy=tuple(
            _accuracy(number, measured, texts)
            for number, measured in enumerate(findings.evidence.accuracy)
        ),
    )


def _difference(findings: Findings, texts: ReportTexts) -> Markup:
    """Gap on the left minus gap on the right, in words."""
    difference = findings.side_difference
    if difference is None:
        return Markup("")
    if abs(difference) < 0.05:
        return Markup.escape(texts.side.same_gap)
    smaller = texts.side.smaller_gap["left" if difference < 0 else "right"]
    return filled(smaller, difference=shown_mm(difference, "side_difference"))


def _dolichoectasia(findings: Findings, texts: ReportTexts) -> str:
    if findings.dolichoectasia is None:
        return ""
    return texts.side.dolichoectasia["yes" if findings.dolichoectasia else "no"]


def _sequence(role: ImageRole, findings: Findings, texts: ReportTexts) -> SequenceLine:
    used, words = findings.sequences.get(role), texts.sequence
    if used is None:
        return SequenceLine(words.name[role], Markup.escape(words.absent), Markup(""), "")
    source = f"sequences.{role}"
    edges = [
        shown(f"{edge:.2f}", edge, f"{source}.voxel_mm.{axis}")
        for axis, edge in enumerate(used.voxel_mm)
    ]
    residual = used.registration_residual_mm
    shift = Markup.escape(words.reference)
    if residual > 0:
        shift = shown_mm(residual, f"{source}.registration_residual_mm")
    voxel = filled(words.voxel_size, along_row=edges[0], along_column=edges[1], slices=edges[2])
    return SequenceLine(words.name[role], voxel, shift, used.series_instance_uid)


def _accuracy(number: int, measured: MeasuredAccuracy, texts: ReportTexts) -> Markup:
    source = f"evidence.accuracy.{number}"
    counts = {
        name: shown(str(value), value, f"{source}.{name}")
        for name, value in (("positives", measured.positives), ("negatives", measured.negatives))
    }
    return filled(
        texts.evidence.accuracy,
        finding=texts.evidence.finding[measured.finding],
        sensitivity=shown_percent(measured.sensitivity, f"{source}.sensitivity"),
        specificity=shown_percent(measured.specificity, f"{source}.specificity"),
        **counts,
    )
