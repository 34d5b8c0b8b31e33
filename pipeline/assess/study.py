"""The findings of one assessed study, from its records and the calibration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast, get_args

from pipeline.assess.accuracy import ReleasedAccuracy
from pipeline.assess.calibration import CALIBRATION_FILE, Calibration
from pipeline.assess.contact import calibrated_profile, vessel_contact
from pipeline.assess.dolichoectasia import dolichoectasia
from pipeline.assess.features import SideInputs, side_inputs
from pipeline.assess.impression import impression, priority
from pipeline.assess.key_images import key_images
from pipeline.assess.lesions import aneurysm, tumour, unanswered_aneurysm, unanswered_tumour
from pipeline.assess.sentences import EvidenceSentences, Sentences
from pipeline.assess.verdict import not_shown, not_validated, too_coarse
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import (
    Assessability,
    Degraded,
    Evidence,
    Findings,
    Quality,
    Reason,
    SequenceUsed,
    SideFindings,
)
from pipeline.records.landmarks import ModelUsed, Segmentation
from pipeline.records.measurements import Measurements, SideMeasurements
from pipeline.records.volumes import IMAGE_ROLES, ImageRole, Preparation
from pipeline.settings import AssessSettings


@dataclass(frozen=True)
class StudyRecords:
    """What earlier stages left of a study."""

    study_instance_uid: str
    preparation: Preparation
    segmentation: Segmentation
    measurements: Measurements


@dataclass(frozen=True)
class Yardstick:
    """What measurements are judged by. used: identity of the calibration file.

    accuracy: what was measured on test studies, None where nothing was.
    """

    calibration: Calibration
    used: ModelUsed
    settings: AssessSettings
    sentences: Sentences
    accuracy: ReleasedAccuracy | None = None


def assess_study(records: StudyRecords, yardstick: Yardstick) -> Findings:
    """Both sides, the impression, and everything that `findings.json` holds."""
    inputs = {side: side_inputs(records.preparation, records.segmentation, side) for side in SIDES}
    seen = frozenset(records.segmentation.localisation.sides)
    measured = records.measurements.sides
    models = (*records.segmentation.models, yardstick.used)
    ectatic = dolichoectasia(
        records.measurements.calibres_mm.BA, records.measurements.basilar_laterality
    )
    sides = {
        side: assess_side(measured[side], inputs[side], yardstick, looked_at=side in seen)
        for side in SIDES
    }
    return Findings(
        case=records.measurements.case,
        study_instance_uid=records.study_instance_uid,
        status="assessed",
        reason=None,
        degraded=_degraded(records, inputs, yardstick.calibration),
        sequences=_sequences(records.preparation),
        quality=Quality(reference_snr=records.measurements.reference_snr),
        affected_side=None,
        sides=sides,
        calibres_mm=records.measurements.calibres_mm,
        dolichoectasia=ectatic,
        side_difference=_side_difference(sides["left"], sides["right"]),
        impression=impression(sides, yardstick.sentences, ectatic=ectatic),
        priority=priority(sides),
        key_images=key_images(sides),
        models=models,
        evidence=_evidence(yardstick, models),
    )


def assess_side(
    side: SideMeasurements, inputs: SideInputs, yardstick: Yardstick, *, looked_at: bool
) -> SideFindings:
    """One side. looked_at: whether it was segmented at all; an empty crop is an answer."""
    calibration, settings = yardstick.calibration, yardstick.settings
    masses = looked_at or side.mass is not None
    vessels = looked_at or side.aneurysm is not None
    return SideFindings(
        assessability=_assessability(side, inputs, calibration, looked_at=looked_at),
        rez_lps_mm=side.rez_lps_mm,
        rexp_lps_mm=side.rexp_lps_mm,
        rdp_lps_mm=side.rdp_lps_mm,
        tz_end_lps_mm=side.tz_end_lps_mm,
        porus_lps_mm=side.porus_lps_mm,
        profile=calibrated_profile(side.profile, calibration),
        vessel_contact=vessel_contact(side, inputs, calibration, settings.prevalence_contact),
        tumour=tumour(side.mass, inputs, calibration, settings.prevalence_tumour)
        if masses
        else unanswered_tumour(side.reasons),
        aneurysm=aneurysm(side.aneurysm, inputs, calibration, settings.prevalence_aneurysm)
        if vessels
        else unanswered_aneurysm(side.reasons),
    )


def _assessability(
    side: SideMeasurements, inputs: SideInputs, calibration: Calibration, *, looked_at: bool
) -> Assessability:
    if not looked_at:
        return Assessability(status="not_assessable", reasons=side.reasons)
    missing: tuple[Reason, ...] = () if inputs.tof_present else ("no_tof",)
    known = (*not_validated(inputs, calibration.validated), *not_shown(inputs), *missing)
    reasons = (*side.reasons, *known)
    return Assessability(status="degraded" if reasons else "assessable", reasons=reasons)


def _degraded(
    records: StudyRecords, inputs: Mapping[Side, SideInputs], calibration: Calibration
) -> tuple[Degraded, ...]:
    known = get_args(Degraded)
    codes = [code for code in records.preparation.degraded if code in known]
    located = records.segmentation.localisation.sides
    if "tof" in records.preparation.volumes and not all(inputs[s].tof_present for s in located):
        codes.append("tof_elsewhere")
    if len(located) == 1:
        codes.append("one_side_only")
    if any(too_coarse(one, calibration.validated) for one in inputs.values()):
        codes.append("resolution_below_validated")
    return cast("tuple[Degraded, ...]", tuple(dict.fromkeys(codes)))


def _sequences(preparation: Preparation) -> dict[ImageRole, SequenceUsed | None]:
    used: dict[ImageRole, SequenceUsed | None] = dict.fromkeys(IMAGE_ROLES)
    for role, volume in preparation.volumes.items():
        used[role] = SequenceUsed(
            series_instance_uid=volume.series_instance_uid,
            voxel_mm=volume.voxel_mm,
            registration_residual_mm=volume.residual_mm,
        )
    return used


def _side_difference(left: SideFindings, right: SideFindings) -> float | None:
    """Gap on the left minus gap on the right, mm; None where one was not measured."""
    gaps = (left.vessel_contact.min_distance_mm, right.vessel_contact.min_distance_mm)
    return None if gaps[0] is None or gaps[1] is None else gaps[0] - gaps[1]


def _evidence(yardstick: Yardstick, models: Collection[ModelUsed]) -> Evidence:
    calibration, released = yardstick.calibration, yardstick.accuracy
    accuracy = released if released and released.is_of(models) else None
    words = yardstick.sentences.evidence
    calibrated = words.assessed.format(studies=calibration.studies, sides=calibration.sides)
    return Evidence(
        calibrated_on=calibration.calibrated_on,
        file=CALIBRATION_FILE,
        statement=" ".join([calibrated, *(_descriptions(accuracy, words) if accuracy else ())]),
        accuracy=accuracy.accuracy if accuracy else (),
    )


def _descriptions(accuracy: ReleasedAccuracy, words: EvidenceSentences) -> list[str]:
    """How often what is told of a contact beside its answer was right."""
    told = ((words.segment, accuracy.segment), (words.vessel, accuracy.vessel))
    return [
        sentence.format(percent=round(100 * right.share), sides=right.sides)
        for sentence, right in told
        if right is not None
    ]
