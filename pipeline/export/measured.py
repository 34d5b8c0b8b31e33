"""From one finding of the record to coded values: which number, its concept and its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from highdicom.sr import CodedConcept
from pydicom.sr.coding import Code

from pipeline.export import coding
from pipeline.records.findings import (
    Aneurysm,
    Interval,
    MeasuredAccuracy,
    Tumour,
    VesselContact,
)


@dataclass(frozen=True)
class Measured:
    """A number of the record with its concept and unit. derivation: how it came about."""

    name: CodedConcept
    value: float
    unit: Code
    derivation: CodedConcept | None = None


@dataclass(frozen=True)
class Evaluated:
    """A coded answer."""

    name: CodedConcept
    value: CodedConcept


_Candidate = tuple[CodedConcept, float | None, Code]


def contact_values(contact: VesselContact) -> list[Measured]:
    """The numbers of a vessel contact; what is unknown is left out."""
    vessel = contact.vessel
    gap = contact.min_distance_mm
    smallest = (
        [] if gap is None else [Measured(coding.DISTANCE, gap, coding.MILLIMETRE, coding.MINIMUM)]
    )
    gap_low, gap_high = _limits(contact.distance_interval_mm)
    low, high = _limits(contact.probability_interval)
    return smallest + _known(
        (coding.GAP_LOWER, gap_low, coding.MILLIMETRE),
        (coding.GAP_UPPER, gap_high, coding.MILLIMETRE),
        (coding.FROM_EXIT_POINT, contact.distance_from_rexp_mm, coding.MILLIMETRE),
        (coding.CONTACT_LENGTH, contact.contact_length_mm, coding.MILLIMETRE),
        (coding.CONTACT_AREA, contact.contact_area_mm2, coding.SQUARE_MILLIMETRE),
        (coding.CSF_CLEFT, contact.csf_cleft_mm, coding.MILLIMETRE),
        (coding.DEVIATION, contact.deviation_mm, coding.MILLIMETRE),
        (coding.INDENTATION, contact.indentation_fraction, coding.RATIO),
        (coding.CLOCK, contact.clock_hour, coding.HOUR),
        (coding.CROSSING_ANGLE, contact.crossing_angle_deg, coding.DEGREE),
        (coding.VESSEL_DIAMETER, vessel.diameter_mm if vessel else None, coding.MILLIMETRE),
        (coding.PROBABILITY, contact.probability, coding.RATIO),
        (coding.PROBABILITY_LOWER, low, coding.RATIO),
        (coding.PROBABILITY_UPPER, high, coding.RATIO),
        (coding.PREVALENCE, contact.prevalence_assumed, coding.RATIO),
    )


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


def tumour_values(tumour: Tumour, accuracy: MeasuredAccuracy | None) -> list[Measured]:
    """The numbers of a mass."""
    return [
        *_known(
            (coding.VOLUME, tumour.volume_mm3, coding.CUBIC_MILLIMETRE),
            (coding.DIAMETER, tumour.max_diameter_mm, coding.MILLIMETRE),
            (coding.IN_CANAL, tumour.in_canal_mm, coding.MILLIMETRE),
        ),
        *_how_sure(tumour, accuracy),
    ]


def aneurysm_values(aneurysm: Aneurysm, accuracy: MeasuredAccuracy | None) -> list[Measured]:
    """The numbers of an aneurysm."""
    return [
        *_known(
            (coding.DIAMETER, aneurysm.max_diameter_mm, coding.MILLIMETRE),
            (coding.NECK, aneurysm.neck_mm, coding.MILLIMETRE),
        ),
        *_how_sure(aneurysm, accuracy),
    ]


def lesion_answers(lesion: Tumour | Aneurysm) -> list[Evaluated]:
    """Whether it is flagged."""
    return [Evaluated(coding.PRESENCE, coding.ANSWER[lesion.answer])]


def _how_sure(lesion: Tumour | Aneurysm, accuracy: MeasuredAccuracy | None) -> list[Measured]:
    """A lesion's probability never stands alone: without a measured accuracy it is left out."""
    if accuracy is None or lesion.probability is None:
        return []
    return _known(
        (coding.PROBABILITY, lesion.probability, coding.RATIO),
        (coding.PREVALENCE, lesion.prevalence_assumed, coding.RATIO),
        (coding.SENSITIVITY, accuracy.sensitivity, coding.RATIO),
        (coding.SPECIFICITY, accuracy.specificity, coding.RATIO),
    )


def _known(*candidates: _Candidate) -> list[Measured]:
    return [Measured(name, value, unit) for name, value, unit in candidates if value is not None]


def _limits(interval: Interval | None) -> Sequence[float | None]:
    return (None, None) if interval is None else interval
