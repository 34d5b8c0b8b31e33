"""The structured report (TID 1500): for each side three groups, one for each finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    ReferencedSegment,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes

from pipeline.export import coding
from pipeline.export.equipment import (
    MANUFACTURER,
    MODEL,
    NOTICE,
    STATEMENT,
    algorithm_version,
    instance_arguments,
)
from pipeline.export.identifiers import derived_uid
from pipeline.export.measured import (
    Evaluated,
    Measured,
    contact_answers,
    contact_values,
    lesion_answers,
    lesion_values,
)
from pipeline.export.patient_study import copy_patient_and_study
from pipeline.export.source import ReferenceSeries
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.findings import Findings, VesselName
from pipeline.records.labels import Label

_PARENTS: dict[VesselName | None, CodedConcept] = {
    "VA": coding.VERTEBRAL_ARTERY,
    "BA": coding.BASILAR_ARTERY,
}


@dataclass(frozen=True)
class _Group:
    """One finding of one side. label: its segment, where that holds nothing of the other side.

    point_lps: a place to look at; None where there is nothing to see.
    """

    key: str
    finding: CodedConcept
    site: CodedConcept
    side: Side
    values: Sequence[Measured]
    answers: Sequence[Evaluated]
    point_lps: Point | None
    label: Label


def measurements_object(
    findings: Findings, evidence: Sequence[Dataset], segmentation: Dataset | None,
    reference: ReferenceSeries | None, one_sided: Mapping[Label, Side],
) -> Dataset:  # fmt: skip
    """The SR as a draft without UIDs of its own. evidence: headers; patient and study of the first.

    segmentation: the SEG with its final UIDs, None where there is none. one_sided: its segments
    that lie on one side alone.
    """
    groups = [
        _content(group, findings, _segment(group, segmentation, one_sided), reference)
        for side in SIDES
        for group in _groups(findings, side)
    ]
    report = MeasurementReport(
        observation_context=_observer(),
        procedure_reported=coding.MR_BRAIN,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    sources = list(evidence) if segmentation is None else [segmentation, *evidence]
    made = Comprehensive3DSR(
        evidence=sources,
        content=report[0],
        instance_number=1,
        is_complete=True,
        is_final=False,
        is_verified=False,
        coding_schemes=coding.coding_schemes(),
        **instance_arguments("measurements", "measurements"),
    )
    copy_patient_and_study(evidence[0], made)
    made.CompletionFlagDescription = NOTICE
    return made


def _groups(findings: Findings, side: Side) -> list[_Group]:
    return [_contact(findings, side), _tumour(findings, side), _aneurysm(findings, side)]


def _contact(findings: Findings, side: Side) -> _Group:
    contact = findings.sides[side].vessel_contact
    distal = contact.segment == "CP"
    return _Group(
        key="vessel contact",
        finding=coding.VESSEL_CONTACT,
        site=coding.FACIAL_NERVE if distal else coding.FACIAL_NERVE_ROOT,
        side=side,
        values=contact_values(contact, side),
        answers=contact_answers(contact),
        point_lps=contact.point_lps_mm or findings.sides[side].rez_lps_mm,
        label=Label.FACIAL_NERVE_CISTERNAL if distal else Label.FACIAL_NERVE_REZ,
    )


def _tumour(findings: Findings, side: Side) -> _Group:
    tumour = findings.sides[side].tumour
    return _Group(
        key="mass",
        finding=coding.MASS,
        site=coding.CEREBELLOPONTINE_ANGLE,
        side=side,
        values=lesion_values(findings, "tumour"),
        answers=lesion_answers(tumour),
        point_lps=tumour.centroid_lps_mm if tumour.answer != "no" else None,
        label=Label.TUMOUR,
    )


def _aneurysm(findings: Findings, side: Side) -> _Group:
    aneurysm = findings.sides[side].aneurysm
    return _Group(
        key="aneurysm",
        finding=coding.ANEURYSM,
        site=_PARENTS.get(aneurysm.parent_vessel, coding.ARTERY),
        side=side,
        values=lesion_values(findings, "aneurysm"),
        answers=lesion_answers(aneurysm),
        point_lps=aneurysm.centroid_lps_mm if aneurysm.answer != "no" else None,
        label=Label.ANEURYSM,
    )


def _content(
    group: _Group,
    findings: Findings,
    segment: ReferencedSegment | None,
    reference: ReferenceSeries | None,
) -> Any:
    """The group as a region of the SEG where it has a segment, else as an image's group."""
    common = _common(group, findings)
    if segment is not None:
        return VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=segment, **common
        )
    return MeasurementsAndQualitativeEvaluations(
        source_images=_source_image(group.point_lps, reference), **common
    )


def _common(group: _Group, findings: Findings) -> dict[str, Any]:
    name = f"{group.side} {group.key}"
    return {
        "tracking_identifier": TrackingIdentifier(
            uid=derived_uid("finding", findings.study_instance_uid, name),
            identifier=f"{findings.case} {name}",
        ),
        "finding_type": group.finding,
        "finding_sites": [FindingSite(group.site, coding.SIDE[group.side])],
        "algorithm_id": AlgorithmIdentification(
            name=MANUFACTURER,
            version=algorithm_version(findings),
            parameters=[findings.evidence.statement, STATEMENT],
        ),
        "measurements": [_measurement(value) for value in group.values] or None,
        "qualitative_evaluations": [
            QualitativeEvaluation(answer.name, answer.value) for answer in group.answers
        ],
    }


def _measurement(value: Measured) -> Measurement:
    return Measurement(
        name=value.name, value=value.value, unit=value.unit, derivation=value.derivation
    )


def _segment(
    group: _Group, segmentation: Dataset | None, one_sided: Mapping[Label, Side]
) -> ReferencedSegment | None:
    """The group's segment, where this side has the finding and all of the segment."""
    if segmentation is None or group.point_lps is None or one_sided.get(group.label) != group.side:
        return None
    if segmentation.SegmentationType == "LABELMAP":
        return None  # a frame of a label map belongs to all its segments
    return ReferencedSegment.from_segmentation(segmentation, int(group.label))


def _source_image(
    point_lps: Point | None, reference: ReferenceSeries | None
) -> list[SourceImageForMeasurementGroup] | None:
    """The slice through the finding."""
    if reference is None or point_lps is None:
        return None
    source = reference.nearest(point_lps)
    multiframe = "NumberOfFrames" in source.header
    return [
        SourceImageForMeasurementGroup(
            source.header.SOPClassUID,
            source.header.SOPInstanceUID,
            [source.frame] if multiframe else None,
        )
    ]


def _observer() -> ObservationContext:
    return ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=codes.DCM.Device,
            observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
                uid=derived_uid("observer", MANUFACTURER),
                name=MODEL,
                manufacturer_name=MANUFACTURER,
                model_name=MODEL,
            ),
        )
    )
