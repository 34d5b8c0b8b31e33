"""One side's contact measurement: the narrowest place between nerve and vessels, described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measure.arteries import ArterialTree
from pipeline.measure.centreline import NERVE
from pipeline.measure.cleft import csf_cleft_mm
from pipeline.measure.course import NerveCourse
from pipeline.measure.gap import (
    PROFILE_STEP_MM,
    GapMap,
    NearestPlace,
    Structures,
    gap_map,
    gap_profile,
    narrowest_place,
    structures,
)
from pipeline.measure.nerve_shape import (
    clock_hour,
    cross_sections_mm2,
    deviation_mm,
    indentation_fraction,
)
from pipeline.measure.pattern import pattern
from pipeline.measure.presence import vessel_beside_nerve
from pipeline.measure.soft_labels import Points, SoftLabels
from pipeline.measure.uncertainty import spread, uncalibrated_interval
from pipeline.measure.vessels import (
    VESSELS,
    VesselPiece,
    crossing_angle_deg,
    diameter_mm,
    named,
    piece_at,
    vessel_kind,
    vessel_pieces,
)
from pipeline.records.base import Point
from pipeline.records.findings import OtherVessel, Pattern, ProfilePoint
from pipeline.records.labels import Label
from pipeline.records.measurements import ContactMeasurement

_OTHERS_WITHIN_MM = 2.0
"""A second vessel farther away than this is not listed."""
_NONE_SEEN_MM = 2.0
"""The gap of a variant that sees no vessel where others see one, if theirs is not larger: what no
variant agrees on is uncertain, not exact."""


@dataclass(frozen=True)
class Surroundings:
    """What the measurement needs beside the soft labels.

    voxel_mm: edge of the cube with the volume of the reference's voxel.
    contact_gap_mm: gap below which nerve and vessel count as touching, for lengths and areas.
    midline_x_mm: LPS x of the midline, None where only one side was found.
    """

    voxel_mm: float
    contact_gap_mm: float
    midline_x_mm: float | None


@dataclass(frozen=True, eq=False)
class GapMeasurement:
    """The gap on the mean of all variants, and how it differs between them."""

    found: Structures
    gaps: GapMap
    place: NearestPlace
    profile: NDArray[np.float64]
    variant_gaps: Sequence[float]
    variant_profiles: NDArray[np.float64]


def measure_gap(soft: SoftLabels, course: NerveCourse) -> GapMeasurement | None:
    """None where the window holds no vessel or no nerve surface."""
    found = structures(soft.share(*NERVE), soft.share(*VESSELS), soft.spacing_mm)
    gaps = gap_map(found, course) if found else None
    if found is None or gaps is None:
        return None
    place, profile = narrowest_place(gaps), gap_profile(gaps, course.length_mm)
    variants: list[GapMap | None] = [gaps]
    if soft.variants > 1:
        variants = [_variant_map(soft, course, number) for number in range(soft.variants)]
    return GapMeasurement(
        found,
        gaps,
        place,
        profile,
        [float(one.gap_mm.min()) if one else max(_NONE_SEEN_MM, place.gap_mm) for one in variants],
        np.array(
            [
                gap_profile(one, course.length_mm) if one else np.fmax(_NONE_SEEN_MM, profile)
                for one in variants
            ]
        ),
    )


def contact_measurement(
    soft: SoftLabels,
    course: NerveCourse,
    gap: GapMeasurement,
    around: Surroundings,
    tree: ArterialTree | None,
) -> ContactMeasurement:
    """Describe the narrowest place and the vessel there; tree: of the whole crop."""
    place, found = gap.place, gap.found
    pieces = vessel_pieces(soft, found, gap.gaps)
    piece = piece_at(pieces, place)
    kind = vessel_kind(soft, place.vessel_point[None])[0]
    calibre = diameter_mm(found, place.vessel_point)
    tangent = course.tangent(place.s_mm)
    angle = crossing_angle_deg(piece, tangent, calibre) if piece and calibre else None
    areas = cross_sections_mm2(course, soft.share(*NERVE), soft.spacing_mm)
    point = as_point(soft.to_lps(place.middle))
    deviates = spread(gap.variant_gaps)
    return ContactMeasurement(
        min_distance_mm=place.gap_mm,
        distance_interval_mm=uncalibrated_interval(place.gap_mm, deviates, around.voxel_mm),
        spread_mm=deviates,
        vessel_beside_nerve=vessel_beside_nerve(soft, found, gap.gaps),
        csf_cleft_mm=csf_cleft_mm(soft.share(Label.OTHER), soft.spacing_mm, place, found),
        segment=course.segment(place.s_mm),
        distance_from_rexp_mm=place.s_mm,
        point_lps_mm=point,
        contact_length_mm=_contact_length(gap.profile, place.s_mm, around.contact_gap_mm),
        contact_area_mm2=_contact_area(gap.gaps, around.contact_gap_mm),
        clock_hour=clock_hour(course, place.s_mm, place.vessel_point),
        crossing_angle_deg=angle,
        deviation_mm=deviation_mm(course, place.s_mm, place.vessel_point),
        indentation_fraction=indentation_fraction(areas, place.s_mm),
        pattern=_pattern(pieces, piece, gap, calibre, around.contact_gap_mm),
        vessel=named(kind, calibre, tree, soft.to_lps(place.vessel_point)),
        other_vessels=_others(soft, course, gap, [p for p in pieces if p is not piece], tree),
    )


def profile_points(
    soft: SoftLabels, course: NerveCourse, gap: GapMeasurement, around: Surroundings
) -> tuple[ProfilePoint, ...]:
    """The gap every 0.5 mm along the nerve."""
    kinds = _nearest_kinds(soft, gap)
    points = []
    for number, value in enumerate(gap.profile):
        s_mm = number * PROFILE_STEP_MM
        values = gap.variant_profiles[:, number]
        width = spread([float(v) for v in values[np.isfinite(values)]])
        known = bool(np.isfinite(value))
        points.append(
            ProfilePoint(
                s_mm=s_mm,
                point_lps_mm=as_point(soft.to_lps(course.at(s_mm))),
                segment=course.segment(s_mm),
                gap_mm=float(value) if known else None,
                gap_interval_mm=uncalibrated_interval(float(value), width, around.voxel_mm)
                if known
                else None,
                nearest_vessel=kinds.get(number),
            )
        )
    return tuple(points)


def as_point(position: Points) -> Point:
    """A point of a record, rounded to a micrometre."""
    x, y, z = (round(float(value), 3) for value in position)
    return (x, y, z)


def _variant_map(soft: SoftLabels, course: NerveCourse, number: int) -> GapMap | None:
    nerve, vessels = soft.share(*NERVE, variant=number), soft.share(*VESSELS, variant=number)
    found = structures(nerve, vessels, soft.spacing_mm)
    return gap_map(found, course) if found else None


def _contact_length(profile: NDArray[np.float64], s_mm: float, contact_gap_mm: float) -> float:
    """Length of the unbroken run of touching positions around the narrowest place."""
    touching = np.nan_to_num(profile, nan=np.inf) < contact_gap_mm
    at = min(round(s_mm / PROFILE_STEP_MM), len(profile) - 1)
    if not touching[at]:
        return 0.0
    first, last = at, at
    while first > 0 and touching[first - 1]:
        first -= 1
    while last < len(profile) - 1 and touching[last + 1]:
        last += 1
    return (last - first + 1) * PROFILE_STEP_MM


def _contact_area(gaps: GapMap, contact_gap_mm: float) -> float:
    return float(gaps.area_mm2[gaps.gap_mm < contact_gap_mm].sum())


def _pattern(
    pieces: list[VesselPiece],
    piece: VesselPiece | None,
    gap: GapMeasurement,
    calibre: float | None,
    contact_gap_mm: float,
) -> Pattern:
    if piece is None or piece.gap_mm >= contact_gap_mm:
        return "undetermined"
    rest = [one for one in pieces if one is not piece]
    touching = [piece, *(one for one in rest if one.gap_mm < contact_gap_mm)]
    apart = [one for one in rest if one.gap_mm >= contact_gap_mm]
    return pattern(touching, apart, gap.found, calibre)


def _others(
    soft: SoftLabels,
    course: NerveCourse,
    gap: GapMeasurement,
    pieces: list[VesselPiece],
    tree: ArterialTree | None,
) -> tuple[OtherVessel, ...]:
    others = []
    for piece in (p for p in pieces if p.gap_mm <= _OTHERS_WITHIN_MM):
        point = as_point(soft.to_lps(0.5 * (piece.nerve_point + piece.vessel_point)))
        calibre = diameter_mm(gap.found, piece.vessel_point)
        others.append(
            OtherVessel(
                vessel=named(piece.kind, calibre, tree, soft.to_lps(piece.vessel_point)),
                min_distance_mm=piece.gap_mm,
                segment=course.segment(piece.s_mm),
                point_lps_mm=point,
            )
        )
    return tuple(others)


def _nearest_kinds(soft: SoftLabels, gap: GapMeasurement) -> dict[int, str]:
    """The kind of the nearest vessel at each position that has a surface."""
    part = np.round(gap.gaps.s_mm / PROFILE_STEP_MM).astype(int)
    part = np.minimum(part, len(gap.profile) - 1)
    order = np.lexsort((gap.gaps.gap_mm, part))
    numbers, first = np.unique(part[order], return_index=True)
    kinds = vessel_kind(soft, gap.gaps.vessel_points[order[first]])
    return {int(n): str(kind) for n, kind in zip(numbers, kinds, strict=True)}
