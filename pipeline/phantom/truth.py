"""What is true of a generated study: written beside its DICOM files as `truth.json`."""

from __future__ import annotations

from pipeline.records.base import Point, Record, Side
from pipeline.records.findings import Grade, Pattern, Segment, VesselName


class LesionTruth(Record):
    """A mass or an aneurysm, measured on its exact shape."""

    kind: str
    volume_mm3: float
    max_diameter_mm: float
    centroid_lps_mm: Point


class MimicTruth(Record):
    """Something harmless that can be taken for a lesion."""

    kind: str
    max_diameter_mm: float
    centroid_lps_mm: Point


class SideTruth(Record):
    """One side. gap_mm: nerve surface to nearest vessel surface, exit point to porus.

    Since generator version 2: pattern (null where nothing touches), other_vessels (further ones
    that touch, or push in a tandem), mimic, and the artery that bears the aneurysm.
    """

    rez_in_slab: bool
    rexp_lps_mm: Point
    rez_lps_mm: Point
    rdp_lps_mm: Point
    tz_end_lps_mm: Point
    porus_lps_mm: Point
    nerve_centreline_lps_mm: tuple[Point, ...]
    nerve_radius_mm: float
    gap_mm: float
    grade: Grade
    segment: Segment
    distance_from_rexp_mm: float
    contact_point_lps_mm: Point
    vessel: VesselName
    vessel_diameter_mm: float
    deviation_mm: float
    indentation_fraction: float
    tumour: LesionTruth | None
    aneurysm: LesionTruth | None
    pattern: Pattern | None = None
    other_vessels: tuple[VesselName, ...] = ()
    aneurysm_parent: VesselName | None = None
    mimic: MimicTruth | None = None


class Truth(Record):
    """A generated study. sequences: those that were written. voxel_mm: of the reference."""

    generator_version: str
    seed: int
    study_instance_uid: str
    sequences: tuple[str, ...]
    reference: str
    voxel_mm: tuple[float, float, float]
    sides: dict[Side, SideTruth]
