"""What is known to be true of a study.

Of a generated one everything; of a patient's what people drew or said. What nobody knows is None,
and no score counts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.assess.grade import CLEAR_FROM_MM, CONTACT_BELOW_MM
from pipeline.geometry import Volume
from pipeline.records.base import Point, Side
from pipeline.records.findings import Grade, Segment, VesselName

Touch = Literal["contact", "blurred", "clear"]


@dataclass(frozen=True)
class KnownLesion:
    """Whether there is one; place and size where they are known."""

    present: bool
    centroid_lps_mm: Point | None = None
    max_diameter_mm: float | None = None


@dataclass(frozen=True)
class KnownSide:
    """One side. in_slab: whether the images hold its root exit zone.

    touch: whether a vessel touches the nerve. gap_mm: nerve surface to nearest vessel surface,
    exit point to porus. centreline_lps_mm: of the nerve over the same part. vessel: the nearest,
    and its diameter there.
    """

    in_slab: bool = True
    rez_lps_mm: Point | None = None
    centreline_lps_mm: tuple[Point, ...] = ()
    touch: Touch | None = None
    gap_mm: float | None = None
    grade: Grade | None = None
    segment: Segment | None = None
    contact_point_lps_mm: Point | None = None
    vessel: VesselName | None = None
    vessel_diameter_mm: float | None = None
    tumour: KnownLesion | None = None
    aneurysm: KnownLesion | None = None


@dataclass(frozen=True, eq=False)
class KnownStudy:
    """Both sides, and the images behind them. sequences: roles of the images.

    voxel_mm: edge of the cube with the volume of the reference's voxel, None where no image could
    serve. labels: reads the true labels, on any grid, LPS.
    """

    sequences: tuple[str, ...]
    voxel_mm: float | None
    sides: dict[Side, KnownSide]
    labels: Callable[[], Volume] | None = None
    generator_version: str | None = None


def touch_of(gap_mm: float) -> Touch:
    """The stratum of a true gap; "blurred" is none of the two others."""
    if gap_mm < CONTACT_BELOW_MM:
        return "contact"
    return "clear" if gap_mm >= CLEAR_FROM_MM else "blurred"
