"""The gap: distance from the nerve's surface to the nearest vessel surface, along the nerve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.measure.course import NerveCourse
from pipeline.measure.soft_labels import Field, Points
from pipeline.measure.surface import (
    Surface,
    boundary_field,
    sampled,
    surface,
    surface_points,
)

PROFILE_STEP_MM = 0.5
_CLOSE_MM = 0.7
"""Below this distance between vertices, surfaces are compared by dense points."""
_SAME_PLACE_MM = 0.1
_REACH_MM = 2.0
"""Surface points this little farther than the nearest, and this near to it, are one place."""


@dataclass(frozen=True, eq=False)
class Structures:
    """Boundary fields of nerve and vessels on half the crop's spacing, and their surfaces."""

    nerve_field: Field
    vessel_field: Field
    nerve: Surface
    vessel: Surface
    spacing_mm: float


@dataclass(frozen=True, eq=False)
class GapMap:
    """Points of the nerve's surface between exit point and porus, shape (P, ...).

    s_mm: arc length. gap_mm: distance to the nearest vessel surface, 0 where they overlap.
    vessel_points: the nearest point of the vessel's surface. area_mm2: of the nerve's surface.
    """

    points: Points
    s_mm: NDArray[np.float64]
    gap_mm: NDArray[np.float64]
    vessel_points: Points
    area_mm2: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NearestPlace:
    """The narrowest place. nerve_point, vessel_point: crop mm on the two surfaces."""

    gap_mm: float
    s_mm: float
    nerve_point: Points
    vessel_point: Points

    @property
    def middle(self) -> Points:
        return 0.5 * (self.nerve_point + self.vessel_point)


def structures(nerve: Field, vessels: Field, spacing_mm: float) -> Structures | None:
    """Boundaries of two soft labels; None where either has none."""
    fine = spacing_mm / 2
    nerve_field = boundary_field(nerve)
    vessel_field = boundary_field(vessels)
    nerve_surface = surface(nerve_field, fine)
    vessel_surface = surface(vessel_field, fine)
    if nerve_surface is None or vessel_surface is None:
        return None
    return Structures(nerve_field, vessel_field, nerve_surface, vessel_surface, fine)


def gap_map(found: Structures, course: NerveCourse) -> GapMap | None:
    """The gap over the nerve's surface; None where no surface lies along it."""
    rough, _ = cKDTree(found.vessel.vertices).query(found.nerve.vertices)
    back, _ = cKDTree(found.nerve.vertices).query(
        found.vessel.vertices, distance_upper_bound=_CLOSE_MM
    )
    nerve = surface_points(found.nerve, rough < _CLOSE_MM)
    vessel = surface_points(found.vessel, np.isfinite(back))
    s_mm, beside = course.project(nerve.points)
    points = nerve.points[beside]
    if len(points) == 0:
        return None
    distance, nearest = cKDTree(vessel.points).query(points)
    overlapping = sampled(found.vessel_field, points, found.spacing_mm) > 0
    gap = np.where(overlapping, 0.0, distance)
    return GapMap(points, s_mm[beside], gap, vessel.points[nearest], nerve.area_mm2[beside])


def narrowest_place(gaps: GapMap) -> NearestPlace:
    """The smallest gap; of a contact zone, the surface point nearest to its middle."""
    first = int(np.argmin(gaps.gap_mm))
    smallest = float(gaps.gap_mm[first])
    zone = np.flatnonzero(gaps.gap_mm <= smallest + _SAME_PLACE_MM)
    near = np.linalg.norm(gaps.points[zone] - gaps.points[first], axis=1) <= _REACH_MM
    zone = zone[near]
    middle = gaps.points[zone].mean(axis=0)
    at = int(zone[np.argmin(np.linalg.norm(gaps.points[zone] - middle, axis=1))])
    return NearestPlace(smallest, float(gaps.s_mm[at]), gaps.points[at], gaps.vessel_points[at])


def gap_profile(gaps: GapMap, length_mm: float) -> NDArray[np.float64]:
    """Smallest gap around each multiple of PROFILE_STEP_MM; NaN where the nerve has no surface.

    The parts of the nerve meet without overlap, so the smallest value is the overall gap.
    """
    count = int(length_mm / PROFILE_STEP_MM) + 1
    part = np.minimum(np.round(gaps.s_mm / PROFILE_STEP_MM).astype(int), count - 1)
    profile = np.full(count, np.inf)
    np.minimum.at(profile, part, gaps.gap_mm)
    return np.where(np.isfinite(profile), profile, np.nan)
