"""A vessel of the posterior fossa, and how one is led through places that it must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.phantom.curves import (
    Clearance,
    Points,
    arc_length,
    at_length,
    keep_clear,
    smooth_curve,
    wander,
)
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.records.findings import VesselName

_SPACING_MM = 0.25
_HELD_MM = 0.8
_WANDER_MM = 0.35


@dataclass(frozen=True, eq=False)
class Vessel:
    """One vessel. start_mm: path of the blood from the root of the tree to its first point.

    origin: the artery that it leaves; None for roots and veins. infundibulum: leaves it in a cone.
    """

    name: VesselName
    tissue: Tissue
    tube: Tube
    start_mm: float = 0.0
    origin: VesselName | None = None
    infundibulum: bool = False

    @property
    def path_mm(self) -> NDArray[np.float64]:
        """Distance that blood has travelled at each point, for the fading of inflow on TOF."""
        return self.start_mm + arc_length(self.tube.points)

    def at(self, s_mm: float) -> Points:
        """The centreline's place at an arc length; (3,)."""
        return at_length(self.tube.points, s_mm)

    @property
    def length_mm(self) -> float:
        return float(arc_length(self.tube.points)[-1])


def led_through(
    upstream: Points,
    stretches: Sequence[Points],
    downstream: Points,
    radius_mm: tuple[float, float, float],
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Tube:
    """A vessel from `upstream` through every stretch, in order, to `downstream`; each (N, 3).

    A stretch is entered at the end that is nearer, and is not moved by obstacles or wandering.
    radius_mm: at the start, from the first stretch to the last, and at the end.
    """
    parts = [upstream]
    for stretch in stretches:
        turned = np.linalg.norm(stretch[[0, -1]] - parts[-1][-1], axis=1)
        parts.append(stretch if turned[0] <= turned[1] else stretch[::-1])
    course = smooth_curve(_relaxed(np.concatenate([*parts, downstream])), _SPACING_MM)
    kept = np.concatenate(list(stretches))
    near, _ = cKDTree(kept).query(course)
    held = near < _HELD_MM
    first, last = np.flatnonzero(held)[[0, -1]] / (len(course) - 1)
    share = np.linspace(0.0, 1.0, len(course))
    early, through, late = radius_mm
    radii = np.interp(share, [0.0, 0.9 * first, last, 1.0], [early, through, through, late])
    noise = wander(course, _WANDER_MM, 4.0, rng) - course
    course = course + noise * np.clip((near - _HELD_MM) / 1.5, 0.0, 1.0)[:, None]
    return Tube.plain(keep_clear(course, radii, obstacles, fixed=held), radii)


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
    return Tube.plain(keep_clear(course, radii, obstacles), radii)


def _relaxed(control: Points) -> Points:
    """Long steps between control points halved on a gentle curve, so that splines do not swing."""
    curve = smooth_curve(control, _SPACING_MM)
    result = [control[0]]
    for before, after in pairwise(control):
        step = float(np.linalg.norm(after - before))
        if step > 5.0:
            middle = 0.5 * (before + after)
            swung = curve[int(np.argmin(np.linalg.norm(curve - middle, axis=1)))]
            off = swung - middle
            limit = min(1.0, 0.25 * step / max(float(np.linalg.norm(off)), 1e-9))
            result.append(middle + limit * off)
        result.append(after)
    return np.stack(result)
