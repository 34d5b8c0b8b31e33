"""From one finding of the record to coded values: which number, its concept and its unit.

Only numbers that the report page shows, too: their accuracy was measured (or, as a prevalence,
assumed and said to be). Sizes, deviation and the like stay in the record until it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from highdicom.sr import CodedConcept
from pydicom.sr.coding import Code

from pipeline.export import coding
from pipeline.records.base import Side
from pipeline.records.findings import Aneurysm, Findings, Tumour, VesselContact


@dataclass(frozen=True)
class Measured:
    """A number of the record with its concept and unit.

    source: its place in findings.json, names and indices from the top, joined by dots.
    derivation: how it came about.
    """

    name: CodedConcept
    value: float
    unit: Code
    source: str
    derivation: CodedConcept | None = None


@dataclass(frozen=True)
class Evaluated:
    """A coded answer."""

    name: CodedConcept
    value: CodedConcept


def contact_values(contact: VesselContact, side: Side) -> list[Measured]:
    """The numbers of a side's vessel contact; what is unknown is left out."""
    low, high = contact.distance_interval_mm or (None, None)
    candidates = (
        (coding.DISTANCE, contact.min_distance_mm, coding.MILLIMETRE, "min_distance_mm"),
        (coding.GAP_LOWER, low, coding.MILLIMETRE, "distance_interval_mm.0"),
        (coding.GAP_UPPER, high, coding.MILLIMETRE, "distance_interval_mm.1"),
        (
            coding.FROM_EXIT_POINT, contact.distance_from_rexp_mm, coding.MILLIMETRE,
            "distance_from_rexp_mm",
        ),
        (coding.PROBABILITY, contact.probability, coding.RATIO, "probability"),
        (coding.PREVALENCE, contact.prevalence_assumed, coding.RATIO, "prevalence_assumed"),
    )  # fmt: skip
    return [
        Measured(
            name, value, unit, f"sides.{side}.vessel_contact.{field}",
            coding.MINIMUM if name is coding.DISTANCE else None,
        )
        for name, value, unit, field in candidates
        if value is not None
    ]  # fmt: skip


def contact_answers(contact: VesselContact) -> list[Evaluated]:
    """Whether, how severe, where, and which vessel."""
    answers = [Evaluated(coding.PRESENCE, coding.ANSWER[contact.answer])]
    if contact.grade is not None:
        answers.append(Evaluated(coding.GRADE, coding.GRADES[contact.grade]))
    if contact.segment is not None:
        answers.append(Evaluated(coding.NERVE_SEGMENT, coding.NERVE_SEGMENTS[contact.segment]))
    if contact.vessel is not None:
        answers.append(Evaluated(coding.VESSEL, coding.VESSELS[contact.vessel.name]))
    return answers


def lesion_values(findings: Findings, lesion: Literal["tumour", "aneurysm"]) -> list[Measured]:
    """How often the answer about a mass or an aneurysm was right on generated studies.

    A lesion is flagged or not: its probability and its size are not given.
    """
    return [
        Measured(name, value, coding.RATIO, f"evidence.accuracy.{number}.{field}")
        for number, accuracy in enumerate(findings.evidence.accuracy)
        if accuracy.finding == lesion
        for name, value, field in (
            (coding.SENSITIVITY, accuracy.sensitivity, "sensitivity"),
            (coding.SPECIFICITY, accuracy.specificity, "specificity"),
        )
    ]


def lesion_answers(lesion: Tumour | Aneurysm) -> list[Evaluated]:
    """Whether it is flagged."""
    return [Evaluated(coding.PRESENCE, coding.ANSWER[lesion.answer])]
