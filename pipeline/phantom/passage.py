"""Where and how a vessel passes the facial nerve, at a chosen gap."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.curves import Points, perpendicular, unit
from pipeline.phantom.nerves import FacialNerve, behind_nerve
from pipeline.records.findings import Pattern

TOUCH_MM = -0.02
"""Overlap of surfaces in contact: less than any image shows, more than the rounding."""


@dataclass(frozen=True, eq=False)
class Passage:
    """A stretch of vessel that passes the nerve.

    s_mm: position along the nerve. away: unit vector from nerve to vessel. heading: unit
    direction of the vessel there. curvature_per_mm: bends away from the nerve (a loop).
    """

    s_mm: float
    away: NDArray[np.float64]
    heading: NDArray[np.float64]
    gap_mm: float
    curvature_per_mm: float
    radius_mm: float

    def points(self, nerve: FacialNerve, half_mm: float) -> Points:
        """Centreline of the stretch: nearest to the nerve in its middle; (7, 3)."""
        nerve_radius = float(np.interp(self.s_mm, nerve.length, nerve.radii))
        nearest = nerve.at(self.s_mm) + self.away * (nerve_radius + self.radius_mm + self.gap_mm)
        u = np.linspace(-half_mm, half_mm, 7)[:, None]
        return nearest + u * self.heading + 0.5 * self.curvature_per_mm * u**2 * self.away

    @property
    def half_mm(self) -> float:
        """Half length of the stretch that is held in place."""
        return min(1.2 + self.radius_mm, 2.6)


def random_passage(
    nerve: FacialNerve,
    s_mm: float,
    gap_mm: float,
    radius_mm: float,
    pattern: Pattern,
    rng: np.random.Generator,
) -> Passage:
    """A passage on the free side of the nerve, mostly across it (85-88 degrees, Miao 2018).

    On the attached segment from in front; farther on from below and in front, as AICA and PICA
    do (Li 2024). A loop turns its apex of at most 1 mm radius to the nerve.
    """
    tangent = nerve.tangent(s_mm)
    if s_mm < nerve.detachment_mm + 0.5:
        preferred = nerve.outward + 0.45 * rng.standard_normal(3)
    else:
        preferred = np.array([0.0, -0.5, -0.7]) + 0.6 * rng.standard_normal(3)
    away = perpendicular(preferred, tangent)
    oblique = rng.uniform(25.0, 80.0) if rng.random() < 0.06 else 90.0 - abs(rng.normal(0.0, 4.0))
    crossing = np.deg2rad(oblique)
    across = np.cross(tangent, away)
    across = across if across[1] > 0 else -across
    heading = np.sin(crossing) * across + rng.choice([-1.0, 1.0]) * np.cos(crossing) * tangent
    curvature = rng.uniform(1.1, 1.6) if pattern == "loop" else rng.uniform(0.05, 0.35)
    return Passage(s_mm, away, unit(heading), gap_mm, float(curvature), radius_mm)


def opposite(
    passage: Passage, nerve: FacialNerve, radius_mm: float, rng: np.random.Generator
) -> Passage:
    """A second vessel on the other side of the nerve; the pons leaves it less room."""
    attached = passage.s_mm < nerve.detachment_mm + 0.5
    turn = np.deg2rad(rng.uniform(105.0, 125.0) if attached else rng.uniform(140.0, 180.0))
    tangent = nerve.tangent(passage.s_mm)
    turns = [Rotation.from_rotvec(t * tangent).apply(passage.away) for t in (turn, -turn)]
    away = max(turns, key=lambda direction: float(direction @ nerve.outward))
    across = np.cross(tangent, away)
    return Passage(
        passage.s_mm + rng.uniform(-0.4, 0.4), away, unit(across), passage.gap_mm,
        float(rng.uniform(0.1, 0.3)), radius_mm,
    )  # fmt: skip


def behind(passage: Passage, radius_mm: float, rng: np.random.Generator) -> Passage:
    """A large artery that presses the passing one against the nerve."""
    away = unit(passage.away + 0.06 * rng.standard_normal(3))
    upward = perpendicular([0.0, 0.0, 1.0] + 0.3 * rng.standard_normal(3), away)
    return replace(
        passage,
        away=away,
        heading=upward,
        gap_mm=passage.gap_mm + 2.0 * passage.radius_mm + TOUCH_MM,
        curvature_per_mm=float(rng.uniform(0.02, 0.08)),
        radius_mm=radius_mm,
    )


def between_nerves(
    nerve: FacialNerve, sign: float, gap_mm: float, radius_mm: float, rng: np.random.Generator
) -> Passage:
    """A passage between VII and VIII, half way to the porus."""
    free = nerve.porus_mm - nerve.detachment_mm
    s_mm = nerve.detachment_mm + rng.uniform(0.35, 0.7) * free
    away = behind_nerve(nerve, s_mm, sign)
    heading = unit(np.cross(nerve.tangent(s_mm), away))
    return Passage(s_mm, away, heading, gap_mm, float(rng.uniform(0.0, 0.1)), radius_mm)
