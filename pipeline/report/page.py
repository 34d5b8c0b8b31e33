"""Everything that a page says about a study, in words: one view for the page and for the PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from markupsafe import Markup

from pipeline import __version__
from pipeline.records.base import Side
from pipeline.records.findings import Findings, MeasuredAccuracy
from pipeline.records.volumes import IMAGE_ROLES, ImageRole
from pipeline.report.comparison import COLUMNS, Row, comparison
from pipeline.report.figures import Figure, Figures, LegendEntry, PlateFigures, legend
from pipeline.report.nerve_course import OTHER_SIDE
from pipeline.report.numbers import filled, shown, shown_mm, shown_percent
from pipeline.report.paper import PaperRow, paper_rows, picture_height_mm
from pipeline.report.patient import Patient
from pipeline.report.profile_plot import ProfilePlot, Scale, common_scale, profile_plot
from pipeline.report.summary import Card, cards
from pipeline.report.text_part import PriorityKey
from pipeline.report.texts import ReportTexts
from pipeline.report.viewer import Viewer
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
    """A study's page before it is laid out. plots and columns: the patient's right, then left.

    accuracy: how often answers were right on generated studies, by finding.
    findings_sha256: of the record, so that a verdict names what was looked at.
    """

    findings: Findings
    texts: ReportTexts
    product_version: str
    patient: Patient | None
    status: str
    priority: str
    rows: tuple[Row, ...]
    difference: str
    dolichoectasia: str
    missing: tuple[str, ...]
    scale: Scale | None
    plots: tuple[ProfilePlot, ...]
    cards: tuple[Card, ...]
    figures: Figures
    viewer: Viewer | None
    findings_sha256: str
    legend: tuple[LegendEntry, ...]
    sequences: tuple[SequenceLine, ...]
    accuracy: Mapping[str, Markup]

    @property
    def columns(self) -> tuple[str, str]:
        """Headings of the two sides' columns, in their order."""
        return (self.texts.side.name[COLUMNS[0]], self.texts.side.name[COLUMNS[1]])

    @property
    def overview(self) -> Figure | None:
        """The one picture of a study in which no place was found."""
        return next((figure for figure in self.figures.key if figure.side is None), None)

    def glance(self, side: Side) -> PlateFigures | None:
        """A side's first plate: of what was flagged, else of its narrowest place."""
        return next((plate for plate in self.figures.plates if plate.side == side), None)

    @property
    def on_paper(self) -> tuple[PaperRow, ...]:
        """What the PDF shows, in the order of the page, each side's own place where it has one."""
        return paper_rows(self.figures, self.texts.picture)

    @property
    def paper_picture_mm(self) -> float:
        """Height of the PDF's pictures."""
        return picture_height_mm(len(self.on_paper))


def build_page(
    findings: Findings,
    figures: Figures,
    patient: Patient | None,
    wording: Wording,
    viewer: Viewer | None = None,
    findings_sha256: str = "",
) -> Page:
    """The view of a study. Works for every status; what is not known is left out or said."""
    texts, scale = wording.texts, common_scale(findings.sides)
    drawn = [profile_plot(side, findings.sides[side], scale) for side in COLUMNS if scale]
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
        plots=tuple(plot for plot in drawn if plot),
        cards=cards(findings, wording),
        figures=figures,
        viewer=viewer,
        findings_sha256=findings_sha256,
        legend=legend(texts.picture),
        sequences=_sequences(findings, texts),
        accuracy={
            measured.finding: _accuracy(number, measured, texts)
            for number, measured in enumerate(findings.evidence.accuracy)
        },
    )


def _difference(findings: Findings, texts: ReportTexts) -> str:
    """On which side the gap is smaller, and whether the intervals tell the sides apart."""
    difference, words = findings.side_difference, texts.side
    if difference is None:
        return ""
    if abs(difference) < 0.05:
        return words.same_gap
    smaller: Side = "left" if difference < 0 else "right"
    near, far = (
        findings.sides[side].vessel_contact.distance_interval_mm
        for side in (smaller, OTHER_SIDE[smaller])
    )
    if near is None or far is None:
        return f"{words.smaller_gap[smaller]}."
    pattern = words.gaps_overlap if near[1] >= far[0] else words.gaps_apart
    return pattern.format(smaller=words.smaller_gap[smaller])


def _dolichoectasia(findings: Findings, texts: ReportTexts) -> str:
    """That there is none; the impression says where there is one."""
    return texts.side.no_dolichoectasia if findings.dolichoectasia is False else ""


def _sequences(findings: Findings, texts: ReportTexts) -> tuple[SequenceLine, ...]:
    """One line for each kind of image; none where the study was not assessed at all."""
    if not any(findings.sequences.values()):
        return ()
    return tuple(_sequence(role, findings, texts) for role in IMAGE_ROLES)


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
        texts.evidence.accuracy[measured.finding],
        sensitivity=shown_percent(measured.sensitivity, f"{source}.sensitivity"),
        specificity=shown_percent(measured.specificity, f"{source}.specificity"),
        **counts,
    )
