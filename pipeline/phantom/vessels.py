"""Arteries and veins of the posterior fossa, and a vessel led past the nerve at a chosen gap.

Calibres, origins and variants: clinical.md A2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import (
    Clearance,
    Points,
    arc_length,
    keep_clear,
    perpendicular,
    smooth_curve,
    unit,
    wander,
)
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.records.findings import VesselName

_SPACING_MM = 0.25


@dataclass(frozen=True, eq=False)
class Vessel:
    """One vessel. start_mm: path of the blood from the root of the tree to its first point."""

    name: VesselName
    tissue: Tissue
    tube: Tube
    start_mm: float = 0.0

    @property
    def path_mm(self) -> NDArray[np.float64]:
        """Distance that blood has travelled at each point, for the fading of inflow on TOF."""
        return self.start_mm + arc_length(self.tube.points)


@dataclass(frozen=True, eq=False)
class Passage:
    """A stretch of vessel that passes the nerve.

    s_mm: position along the nerve. away: unit vector from nerve to vessel. heading: unit
    direction of the blood there. curvature_per_mm: bends away from the nerve (a loop).
    """

    s_mm: float
    away: NDArray[np.float64]
    heading: NDArray[np.float64]
    gap_mm: float
    curvature_per_mm: float

    def points(self, nerve: FacialNerve, radius_mm: float, half_mm: float) -> Points:
        """Centreline of the stretch: nearest to the nerve in its middle; (7, 3)."""
        nerve_radius = float(np.interp(self.s_mm, nerve.length, nerve.radii))
        nearest = nerve.at(self.s_mm) + self.away * (nerve_radius + radius_mm + self.gap_mm)
        u = np.linspace(-half_mm, half_mm, 7)[:, None]
        return nearest + u * self.heading + 0.5 * self.curvature_per_mm * u**2 * self.away


def random_passage(
    nerve: FacialNerve, s_mm: float, gap_mm: float, sign: float, rng: np.random.Generator
) -> Passage:
    """A passage on the free side of the nerve, mostly across it (85-88 degrees, Miao 2018)."""
    tangent = nerve.tangent(s_mm)
    if s_mm < nerve.detachment_mm + 0.5:
        preferred = nerve.outward + 0.45 * rng.standard_normal(3)
    else:
        preferred = np.array([0.0, -0.5, -0.7]) + 0.9 * rng.standard_normal(3)
    away = perpendicular(preferred, tangent)
    crossing = np.deg2rad(np.clip(rng.normal(80.0, 18.0), 25.0, 90.0))
    across = np.cross(tangent, away)
    across = across if across[1] > 0 else -across
    heading = np.sin(crossing) * across + rng.choice([-1.0, 1.0]) * np.cos(crossing) * tangent
    curvature = rng.uniform(0.05, 0.35)
    return Passage(s_mm, away, unit(heading), gap_mm, float(curvature))


def led_past(
    upstream: Points,
    passage: Points,
    downstream: Points,
    radius_mm: tuple[float, float],
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Tube:
    """A vessel from `upstream` through `passage` to `downstream`, radius tapering linearly."""
    first = smooth_curve(np.concatenate([upstream, passage[:2]]), _SPACING_MM)
    last = smooth_curve(np.concatenate([passage[-2:], downstream]), _SPACING_MM)
    whole = smooth_curve(
        np.concatenate([_thinned(first[:-4]), passage, _thinned(last[4:])]), _SPACING_MM
    )
    held = np.min(np.linalg.norm(whole[:, None] - passage[None], axis=2), axis=1) < 0.8
    radii = np.linspace(*radius_mm, len(whole))
    noise = wander(whole, 0.35, 4.0, rng) - whole
    course = np.where(held[:, None], whole, whole + noise)
    course = keep_clear(course, radii, obstacles, fixed=held)
    return Tube(course, radii, np.ones(len(course)))


def free_course(
    control: Points,
    radius_mm: tuple[float, float],
    obstacles: list[Clearance],
    wander_mm: float,
    rng: np.random.Generator,
) -> Tube:
    """A vessel through control points, wandering, kept out of the obstacles."""
    course = wander(smooth_curve(control, _SPACING_MM), wander_mm, 5.0, rng)
    radii = np.linspace(*radius_mm, len(course))
    course = keep_clear(course, radii, obstacles)
    return Tube(course, radii, np.ones(len(course)))


def _thinned(points: Points, step_mm: float = 3.0) -> Points:
    """Every few millimetres of a curve, with its first point kept."""
    step = max(1, round(step_mm / _SPACING_MM))
    return points[::step]
