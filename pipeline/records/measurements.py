"""What the measure stage leaves: numbers with their places, no judgement."""

from __future__ import annotations

from pipeline.records.base import Point, Record, Side
from pipeline.records.findings import (
    AneurysmKind,
    Calibres,
    Interval,
    OtherVessel,
    Pattern,
    ProfilePoint,
    Reason,
    Segment,
    Vessel,
    VesselName,
)


class ContactMeasurement(Record):
    """The nearest vessel of the nerve between exit point and porus, inside the cistern.

    csf_cleft_mm: integral of the probability of "other" (CSF) from inside the nerve to inside
        the vessel at the narrowest place: the cleft's width, which blurring does not change.
    vessel_beside_nerve: the greatest share of vessel just outside the nerve's surface, 0..1.
    distance_interval_mm: nominal 90 %, before calibration (see `measure.uncertainty`).
    spread_mm: standard deviation of the gap over the test-time variants.
    """

    min_distance_mm: float
    distance_interval_mm: Interval
    spread_mm: float
    vessel_beside_nerve: float
    segment: Segment
    distance_from_rexp_mm: float
    point_lps_mm: Point
    contact_length_mm: float
    contact_area_mm2: float | None
    clock_hour: float | None
    crossing_angle_deg: float | None
    csf_cleft_mm: float | None
    deviation_mm: float | None
    indentation_fraction: float | None
    pattern: Pattern
    vessel: Vessel
    other_vessels: tuple[OtherVessel, ...]


class MassMeasurement(Record):
    """A connected region of label tumour.

    mean_probability: mean soft label inside it. in_canal_mm: extent beyond the porus.
    enhancement: brightness after contrast over that of the brainstem.
    """

    volume_mm3: float
    max_diameter_mm: float
    centroid_lps_mm: Point
    mean_probability: float
    in_canal_mm: float | None
    enhancement: float | None


class AneurysmMeasurement(Record):
    """A connected region of label aneurysm.

    roundness: diameter of the ball with its volume over its largest diameter. kind: by where it
        opens into arteries. neck_mm: not measured.
    """

    volume_mm3: float
    max_diameter_mm: float
    centroid_lps_mm: Point
    mean_probability: float
    neck_mm: float | None
    roundness: float | None = None
    parent_vessel: VesselName | None = None
    kind: AneurysmKind | None = None


class SideMeasurements(Record):
    """Everything measured on one side; None where there was nothing to measure, with reasons."""

    reasons: tuple[Reason, ...]
    rez_lps_mm: Point | None
    rexp_lps_mm: Point | None
    rdp_lps_mm: Point | None
    tz_end_lps_mm: Point | None
    porus_lps_mm: Point | None
    nerve_length_mm: float | None
    nerve_diameter_mm: float | None
    profile: tuple[ProfilePoint, ...]
    contact: ContactMeasurement | None
    mass: MassMeasurement | None
    aneurysm: AneurysmMeasurement | None


class Measurements(Record):
    """Both sides of a study, and its trunks.

    basilar_laterality: farthest place of the basilar artery from the midline; 1 is the facial
        nerve's exit point on the side to which it bends.
    """

    case: str
    sides: dict[Side, SideMeasurements]
    calibres_mm: Calibres
    basilar_laterality: float | None = None
    reference_snr: float | None
