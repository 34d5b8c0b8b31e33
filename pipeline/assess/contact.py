"""Vessel contact of one side, from its measurement and the calibration."""

from __future__ import annotations

from dataclasses import replace

from pipeline.assess.calibration import Calibration, Correction
from pipeline.assess.features import SideInputs, contact_features
from pipeline.assess.grade import CLEAR_FROM_MM, CONTACT_BELOW_MM, grade
from pipeline.assess.verdict import Verdict, not_shown, not_validated, unless_yes, verdict
from pipeline.measure.uncertainty import standard_uncertainty
from pipeline.records.findings import (
    Interval,
    OtherVessel,
    ProfilePoint,
    Reason,
    Vessel,
    VesselContact,
)
from pipeline.records.measurements import ContactMeasurement, SideMeasurements

_NORMAL_90 = 1.645
_LIKELY = 0.5


def vessel_contact(
    side: SideMeasurements, inputs: SideInputs, calibration: Calibration, prevalence: float
) -> VesselContact:
    """Answer, probability and corrected measurements of one side."""
    contact = side.contact
    if contact is None:
        return unanswered_contact(side.reasons or ("nerve_not_traceable",))
    gap = calibration.gap.apply(contact.min_distance_mm)
    said = _unless_against(gap, _verdict(contact, inputs, calibration, prevalence))
    deviation = _corrected(calibration.deviation, contact.deviation_mm)
    indentation = _corrected(calibration.indentation, contact.indentation_fraction)
    return VesselContact(
        answer=said.answer,
        reasons=said.reasons,
        probability=said.probability,
        probability_interval=said.probability_interval,
        prevalence_assumed=said.prevalence_assumed,
        likelihood_ratio=said.likelihood_ratio,
        grade=grade(said.answer, gap, contact.segment, deviation, indentation),
        min_distance_mm=gap,
        distance_interval_mm=calibrated_interval(
            contact.min_distance_mm, contact.distance_interval_mm, calibration
        ),
        segment=contact.segment,
        distance_from_rexp_mm=contact.distance_from_rexp_mm,
        point_lps_mm=contact.point_lps_mm,
        contact_length_mm=contact.contact_length_mm,
        contact_area_mm2=contact.contact_area_mm2,
        clock_hour=contact.clock_hour,
        crossing_angle_deg=contact.crossing_angle_deg,
        csf_cleft_mm=contact.csf_cleft_mm,
        deviation_mm=deviation,
        indentation_fraction=indentation,
        pattern=contact.pattern,
        vessel=likely_name(contact.vessel, calibration),
        other_vessels=tuple(_corrected_vessel(v, calibration) for v in contact.other_vessels),
    )


def unanswered_contact(reasons: tuple[Reason, ...]) -> VesselContact:
    """Vessel contact of a side on which nothing was measured."""
    return VesselContact(
        answer="cannot_say",
        reasons=reasons,
        probability=None,
        probability_interval=None,
        prevalence_assumed=None,
        likelihood_ratio=None,
        grade=None,
        min_distance_mm=None,
        distance_interval_mm=None,
        segment=None,
        distance_from_rexp_mm=None,
        point_lps_mm=None,
        contact_length_mm=None,
        contact_area_mm2=None,
        clock_hour=None,
        crossing_angle_deg=None,
        csf_cleft_mm=None,
        deviation_mm=None,
        indentation_fraction=None,
        pattern=None,
        vessel=None,
        other_vessels=(),
    )


def likely_name(vessel: Vessel, calibration: Calibration) -> Vessel:
    """The vessel by a name that is more likely right than wrong, or unnamed."""
    if vessel.name == "unnamed":
        return vessel
    promised = 1.0 if vessel.name_probability is None else vessel.name_probability
    probability = promised * calibration.name_reliability.get(vessel.name, 0.0)
    if probability < _LIKELY:
        return vessel.model_copy(update={"name": "unnamed", "name_probability": None})
    return vessel.model_copy(update={"name_probability": probability})


def calibrated_profile(
    profile: tuple[ProfilePoint, ...], calibration: Calibration
) -> tuple[ProfilePoint, ...]:
    """The gap along the nerve, corrected and with calibrated intervals."""
    result = []
    for point in profile:
        if point.gap_mm is None or point.gap_interval_mm is None:
            result.append(point)
            continue
        interval = calibrated_interval(point.gap_mm, point.gap_interval_mm, calibration)
        corrected = calibration.gap.apply(point.gap_mm)
        result.append(point.model_copy(update={"gap_mm": corrected, "gap_interval_mm": interval}))
    return tuple(result)


def calibrated_interval(
    measured_mm: float, nominal: Interval, calibration: Calibration
) -> Interval:
    """90 % interval around the corrected gap; `nominal` is that of the measurement."""
    half = calibration.interval_factor * standard_uncertainty(measured_mm, nominal)
    gap = calibration.gap.apply(measured_mm)
    return (max(0.0, gap - half), gap + half)


def _verdict(
    contact: ContactMeasurement, inputs: SideInputs, calibration: Calibration, prevalence: float
) -> Verdict:
    outside = not_validated(inputs, calibration.validated)
    if outside:
        return Verdict("cannot_say", outside)
    features = contact_features(contact, calibration.gap)
    swing = _NORMAL_90 * contact.spread_mm
    perturbed = [
        contact_features(_moved(contact, step), calibration.gap) for step in (-swing, swing)
    ]
    said = verdict(calibration.models["contact"], features, prevalence, perturbed)
    return unless_yes(said, not_shown(inputs))


def _unless_against(gap_mm: float, said: Verdict) -> Verdict:
    """No answer beside a gap that says the opposite: a reader would see both and trust neither."""
    no_but_touching = said.answer == "no" and gap_mm < CONTACT_BELOW_MM
    yes_but_apart = said.answer == "yes" and gap_mm >= CLEAR_FROM_MM
    if no_but_touching or yes_but_apart:
        return replace(said, answer="cannot_say", reasons=("low_probability_margin",))
    return said


def _moved(contact: ContactMeasurement, step_mm: float) -> ContactMeasurement:
    """The measurement with vessel and nerve so much farther apart, gap and cleft alike."""
    cleft, gap = contact.csf_cleft_mm, max(0.0, contact.min_distance_mm + step_mm)
    low, high = (end + gap - contact.min_distance_mm for end in contact.distance_interval_mm)
    return contact.model_copy(
        update={
            "min_distance_mm": gap,
            "distance_interval_mm": (max(0.0, low), high),
            "csf_cleft_mm": None if cleft is None else max(0.0, cleft + step_mm),
        }
    )


def _corrected_vessel(vessel: OtherVessel, calibration: Calibration) -> OtherVessel:
    gap = calibration.gap.apply(vessel.min_distance_mm)
    name = likely_name(vessel.vessel, calibration)
    return vessel.model_copy(update={"min_distance_mm": gap, "vessel": name})


def _corrected(correction: Correction, value: float | None) -> float | None:
    """None also where the calibration studies showed the measurement to say nothing."""
    return None if value is None or correction.is_constant else correction.apply(value)
