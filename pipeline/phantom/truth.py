"""What is true of a generated study: written beside its DICOM files as `truth.json`."""

from __future__ import annotations

from pipeline.records.base import Point, Record, Side
from pipeline.records.findings import Grade, Segment, VesselName


class LesionTruth(Record):
    """A mass or an aneurysm, measured on its exact shape."""

    kind: str
    volume_mm3: float
    max_diameter_mm: float
    centroid_lps_mm: Point


class SideTruth(Record):
    """One side. gap_mm: nerve surface to nearest vessel surface, exit point to porus."""

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


class Truth(Record):
    """A generated study. sequences: those that were written. voxel_mm: of the reference."""

    generator_version: str
    seed: int
    study_instance_uid: str
    sequences: tuple[str, ...]
    reference: str
    voxel_mm: tuple[float, float, float]
    sides: dict[Side, SideTruth]
