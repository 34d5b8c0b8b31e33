"""`findings.json`: the only record from which reports, objects and the worklist are made.

Positions are LPS millimetres, sides the patient's, intervals 90 %. Every field is always
present, null where unknown. Fields may be added, never renamed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.records.base import SIDES, Point, Record, Side
from pipeline.records.landmarks import ModelUsed
from pipeline.records.volumes import IMAGE_ROLES, ImageRole

SCHEMA_VERSION = "1.0"
Status = Literal["assessed", "not_assessable", "failed"]
Answer = Literal["yes", "no", "cannot_say"]
Grade = Literal["none", "near", "contact", "deviation", "indentation"]
Segment = Literal["RExP", "AS", "RDP_TZ", "CP"]
VesselName = Literal["AICA", "PICA", "VA", "BA", "SCA", "vein", "unnamed"]
AneurysmKind = Literal["saccular", "fusiform"]
Pattern = Literal["loop", "branch", "sandwich", "tandem", "undetermined"]
Leading = Literal["vessel_contact", "tumour", "aneurysm", "several", "none_seen", "cannot_say"]
Interval = tuple[float, float]

Degraded = Literal[
    "no_t2",
    "no_tof",
    "no_t1c",
    "t2_unusable",
    "tof_refused",
    "t1c_refused",
    "t2_contradicted",
    "tof_contradicted",
    "tof_elsewhere",
    "t1c_contradicted",
    "one_side_only",
    "resolution_below_validated",
]
"""What a full assessment would have had and this one had not."""

Reason = Literal[
    "outside_slab",
    "landmarks_not_found",
    "landmarks_implausible",
    "nerve_not_traceable",
    "nerve_length_implausible",
    "vessels_not_visible",
    "interval_spans_decision",
    "no_tof",
    "no_t2",
    "low_probability_margin",
    "image_quality",
    "partly_outside",
    "study_not_assessable",
    "study_failed",
]
"""Why something could not be said: closed list."""


class Assessability(Record):
    status: Literal["assessable", "degraded", "not_assessable"]
    reasons: tuple[Reason, ...]


class ProfilePoint(Record):
    """One position along the nerve. s_mm: arc length from the root exit point."""

    s_mm: float
    point_lps_mm: Point
    segment: Segment
    gap_mm: float | None
    gap_interval_mm: Interval | None
    nearest_vessel: str | None


class Vessel(Record):
    name: VesselName
    name_probability: float | None
    diameter_mm: float | None


class OtherVessel(Record):
    vessel: Vessel
    min_distance_mm: float
    segment: Segment
    point_lps_mm: Point


class VesselContact(Record):
    answer: Answer
    reasons: tuple[Reason, ...]
    probability: float | None
    probability_interval: Interval | None
    prevalence_assumed: float | None
    likelihood_ratio: float | None
    grade: Grade | None
    min_distance_mm: float | None
    distance_interval_mm: Interval | None
    segment: Segment | None
    distance_from_rexp_mm: float | None
    point_lps_mm: Point | None
    contact_length_mm: float | None
    contact_area_mm2: float | None
    clock_hour: float | None
    crossing_angle_deg: float | None
    csf_cleft_mm: float | None
    deviation_mm: float | None
    indentation_fraction: float | None
    pattern: Pattern | None
    vessel: Vessel | None
    other_vessels: tuple[OtherVessel, ...]


class Tumour(Record):
    answer: Answer
    reasons: tuple[Reason, ...]
    probability: float | None
    prevalence_assumed: float | None
    volume_mm3: float | None
    max_diameter_mm: float | None
    centroid_lps_mm: Point | None
    kind: str | None
    in_canal_mm: float | None
    enhancement: float | None


class Aneurysm(Record):
    answer: Answer
    reasons: tuple[Reason, ...]
    probability: float | None
    prevalence_assumed: float | None
    max_diameter_mm: float | None
    neck_mm: float | None
    centroid_lps_mm: Point | None
    parent_vessel: VesselName | None
    kind: str | None


class SideFindings(Record):
    assessability: Assessability
    rez_lps_mm: Point | None
    rexp_lps_mm: Point | None
    rdp_lps_mm: Point | None
    tz_end_lps_mm: Point | None
    porus_lps_mm: Point | None
    profile: tuple[ProfilePoint, ...]
    vessel_contact: VesselContact
    tumour: Tumour
    aneurysm: Aneurysm


class SequenceUsed(Record):
    series_instance_uid: str
    voxel_mm: tuple[float, float, float]
    registration_residual_mm: float


class Quality(Record):
    """Signal-to-noise of the reference image, None where it was not measured."""

    reference_snr: float | None


class Calibres(Record):
    VA_left: float | None
    VA_right: float | None
    BA: float | None


class Impression(Record):
    leading: Leading
    side: Literal["left", "right", "both", "midline"] | None
    sentence: str


class KeyImage(Record):
    """file: relative to the case folder."""

    file: str
    finding: Literal["vessel_contact", "tumour", "aneurysm", "overview"]
    side: Side
    point_lps_mm: Point
    plane: Literal["axial", "oblique_along_nerve"]


class MeasuredAccuracy(Record):
    """How often the answers about a finding were right. positives, negatives: sides behind it.

    sensitivity: share of sides with the finding that were answered yes, of all such sides.
    specificity: share of sides without it that were not answered yes, of all such sides.
    """

    finding: Literal["vessel_contact", "tumour", "aneurysm"]
    sensitivity: float
    specificity: float
    positives: int
    negatives: int


class Evidence(Record):
    """Where the probabilities come from. file: in the repository.

    accuracy: as measured on the evaluation's generated studies; empty where it was not.
    """

    calibrated_on: str
    file: str
    statement: str
    accuracy: tuple[MeasuredAccuracy, ...] = ()


class Findings(Record):
    schema_version: str = SCHEMA_VERSION
    case: str
    study_instance_uid: str
    status: Status
    reason: str | None
    degraded: tuple[Degraded, ...]
    sequences: Annotated[
        dict[ImageRole, SequenceUsed | None],
        Field(json_schema_extra={"required": list(IMAGE_ROLES)}),
    ]
    quality: Quality
    affected_side: Side | None
    sides: Annotated[dict[Side, SideFindings], Field(json_schema_extra={"required": list(SIDES)})]
    calibres_mm: Calibres
    dolichoectasia: bool | None
    side_difference: float | None
    impression: Impression
    priority: Literal[1, 2, 3, 4] | None
    key_images: tuple[KeyImage, ...]
    models: tuple[ModelUsed, ...]
    evidence: Evidence
