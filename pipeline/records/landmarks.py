"""Where the localiser found the landmarks of each side."""

from __future__ import annotations

from pipeline.records.base import Point, Record, Side
from pipeline.records.volumes import ImageRole


class SideLandmarks(Record):
    """Landmarks of one side; confidences are peak heights of the heatmaps, 0..1."""

    rez_lps_mm: Point
    rez_confidence: float
    porus_lps_mm: Point
    porus_confidence: float


class Localisation(Record):
    """Landmarks of a study by side.

    sides: only those that were found and are plausible. reasons: why a side is missing.
    reasons come from the closed list `records.findings.Reason`.
    """

    case: str
    sides: dict[Side, SideLandmarks]
    reasons: dict[Side, tuple[str, ...]]


class ModelUsed(Record):
    """A network or a calibration that contributed, by name, version and sha256 of its weights."""

    name: str
    version: str
    sha256: str


class Segmentation(Record):
    """What the segment stage leaves beside `segmentation.nii.gz` and the probability files.

    covered: the sequences that show the surroundings of each located root exit zone.
    device: where the networks ran, for run.json.
    """

    case: str
    localisation: Localisation
    covered: dict[Side, tuple[ImageRole, ...]]
    models: tuple[ModelUsed, ...]
    device: str
