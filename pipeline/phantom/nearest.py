"""The exact gap between a nerve and every vessel and aneurysm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import distance_between
from pipeline.phantom.lesion import Lesion
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.shapes import Ellipsoid, Tube
from pipeline.phantom.vessels import Vessel
from pipeline.records.findings import VesselName


@dataclass(frozen=True)
class Nearest:
    """The vessel nearest to a nerve: surface gap in mm, where along the nerve, which one.

    direction: from the nerve's centreline to the vessel's.
    """

    gap_mm: float
    s_mm: float
    vessel: VesselName
    diameter_mm: float
    point_lps: tuple[float, float, float]
    direction: tuple[float, float, float]


def nearest_vessel(
    nerve: FacialNerve, vessels: Sequence[Vessel], aneurysms: Iterable[Lesion | None]
) -> Nearest:
    """Over the nerve from its exit to the porus."""
    course = nerve.between(0.0, nerve.porus_mm)
    best = Nearest(np.inf, 0.0, "unnamed", 0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    for vessel in vessels:
        if _least_mm(course, vessel.tube) < best.gap_mm:
            best = min(best, nearest_of(course, vessel.tube, vessel.name), key=_gap)
    for lesion in aneurysms:
        for tube in lesion.tubes if lesion else ():
            best = min(best, nearest_of(course, tube, "unnamed"), key=_gap)
        for body in lesion.bodies if lesion else ():
            best = min(best, _nearest_of_body(course, body), key=_gap)
    return best


def nearest_of(course: Tube, tube: Tube, name: VesselName) -> Nearest:
    """Where one tube is nearest to the nerve's course."""
    gap, i, j = distance_between(course.points, course.radii, tube.points, tube.radii)
    width = 2.0 * float(tube.radii[j])
    return _found(course, i, gap, name, width, tube.points[j] - course.points[i])


def _nearest_of_body(course: Tube, body: Ellipsoid) -> Nearest:
    gaps = body.exact_distance_at(course.points) - course.radii
    i = int(np.argmin(gaps))
    width = 2.0 * float(body.semi_axes.mean())
    return _found(course, i, float(gaps[i]), "unnamed", width, body.centre - course.points[i])


def _found(
    course: Tube, i: int, gap: float, name: VesselName, width: float, aside: NDArray[np.float64]
) -> Nearest:
    steps = np.linalg.norm(np.diff(course.points[: i + 1], axis=0), axis=1)
    x, y, z = (float(value) for value in course.points[i])
    dx, dy, dz = (float(value) for value in aside / max(float(np.linalg.norm(aside)), 1e-9))
    return Nearest(gap, float(steps.sum()), name, width, (x, y, z), (dx, dy, dz))


def _gap(nearest: Nearest) -> float:
    return nearest.gap_mm


def _least_mm(first: Tube, second: Tube) -> float:
    """A lower bound of the gap, from the boxes around both."""
    (low, high), (other_low, other_high) = first.bounds(), second.bounds()
    apart = np.maximum(np.maximum(other_low - high, low - other_high), 0.0)
    return float(np.linalg.norm(apart)) - 1e-9 if apart.any() else -np.inf
