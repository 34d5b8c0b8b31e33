"""What flowing blood looks like: inflow that saturates along its path, and voids.

Every law answers with factors of the brightness that the blood's tissue has in the sequence, on
the axis of the lumen and at its wall; between them the brightness follows the square of the
radius, as the speed of laminar flow does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.phantom.relaxation import Values
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel

_AXIS_PULSES, _WALL_PULSES = 0.5, 5.0
"""Pulses felt over those of blood of mean speed: laminar flow is twice as fast on the axis, and
at a tenth of that speed in the outer twentieth of the radius."""
_TRUNK_RADIUS_MM = 1.6
"""Of the basilar artery, to whose calibre the speed of the trunk belongs."""


@dataclass(frozen=True, eq=False)
class Lumen:
    """Factors of the tissue's brightness at every point of a course, shape (points,)."""

    axis: Values
    wall: Values


class Blood(Protocol):
    """How one sequence shows blood."""

    def of_vessel(self, vessel: Vessel, rng: np.random.Generator) -> Lumen:
        """Along a vessel."""

    def of_sac(self, rng: np.random.Generator) -> Lumen:
        """In an aneurysm, one point."""


@dataclass(frozen=True)
class Inflow:
    """Time-of-flight. Blood enters the slab fresh and is saturated pulse by pulse.

    saturated: brightness after endless pulses over that of fresh blood. kept: share of the
    distance between them that is left after one more pulse. speed_mm_per_ms: mean in the
    basilar artery (0.12-0.6: 12-60 cm/s); narrower vessels are slower in proportion to their
    radius, as Murray's law has it. entry_mm: path from the root of the tree to the slab's edge.
    """

    saturated: float
    kept: float
    tr_ms: float
    speed_mm_per_ms: float
    entry_mm: float

    def of_vessel(self, vessel: Vessel, rng: np.random.Generator) -> Lumen:
        path = vessel.path_mm
        if vessel.tissue == Tissue.VEIN:  # has come a long way, most of it through the slab
            slow = np.exp(rng.uniform(np.log(8.0), np.log(300.0)))
            return self._after(np.full(len(path), slow))
        trunk = self.speed_mm_per_ms * np.exp(0.25 * rng.standard_normal())
        own = trunk * np.clip(vessel.tube.radii / _TRUNK_RADIUS_MM, 0.12, 1.0)
        before = max(vessel.start_mm - self.entry_mm, 0.0) / trunk
        steps = np.diff(path, prepend=path[0]) * (path > self.entry_mm)
        return self._after((before + np.cumsum(steps / own)) / self.tr_ms)

    def of_sac(self, rng: np.random.Generator) -> Lumen:
        """Blood turns in the sac for a while; along its wall it hardly moves."""
        return self._after(np.exp(rng.uniform(np.log(4.0), np.log(80.0), 1)))

    def _after(self, pulses: Values) -> Lumen:
        return Lumen(self._share(_AXIS_PULSES * pulses), self._share(_WALL_PULSES * pulses))

    def _share(self, pulses: Values) -> Values:
        return np.asarray(self.saturated + (1.0 - self.saturated) * self.kept**pulses)


@dataclass(frozen=True)
class Dephasing:
    """Blood that loses signal by moving: void where it is fast, grey where it is slow.

    artery, vein: what is left of the static signal on the axis. spread: log-spread between
    vessels. At the wall half of what was lost comes back.
    """

    artery: float
    vein: float
    spread: float

    def of_vessel(self, vessel: Vessel, rng: np.random.Generator) -> Lumen:
        left = self.vein if vessel.tissue == Tissue.VEIN else self.artery
        return self._lumen(left * np.exp(self.spread * rng.standard_normal()), len(vessel.path_mm))

    def of_sac(self, rng: np.random.Generator) -> Lumen:
        """Slower than its artery: anything between the artery's signal and that at rest."""
        return self._lumen(self.artery + rng.random() * (1.0 - self.artery), 1)

    def _lumen(self, left: float, points: int) -> Lumen:
        wall = left + 0.5 * max(1.0 - left, 0.0)
        return Lumen(np.full(points, left), np.full(points, wall))
