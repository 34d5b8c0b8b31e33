"""Names of arteries by topology: the path from the nerve back to the basilar or vertebral artery.

AICA leaves the lower basilar artery, SCA its end, PICA the vertebral artery (clinical.md A2,
F2). The path is looked for in the soft label; where it is lost the artery has no name.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from pipeline.measure.course import arc_length
from pipeline.measure.soft_labels import Field, Points, SoftLabels
from pipeline.records.findings import VesselName
from pipeline.records.labels import Label

POSSIBLE = 0.25
"""Least soft label of a voxel through which a path may lead."""
_FLOOR = 0.05
_SMOOTH_MM = 0.8
"""Width of the Gaussian that reads calibres: between a branch and a trunk."""
TRUNK_RADIUS_MM = 1.05
"""Vertebral and basilar arteries are wider, their branches in general narrower (clinical.md A2:
2.8 and 3.2 mm against at most 2.2 mm)."""
TRUNK_DIAMETER_MM = 2.1
"""The same limit for a calibre that was measured across the artery."""
MIN_TRUNK_MM3 = 40.0
"""A trunk is at least so voluminous where it counts as one: 8 mm of a tube of 2.5 mm."""
_CENTRAL_MM = 8.5
"""The basilar artery lies nearer to the midline."""
_BELOW_EXIT_MM = 8.0
"""A trunk farther below the nerve's exit point is vertebral: the arteries join within 10 mm of
the sulcus in which the nerve leaves (clinical.md A2)."""
_ABOVE_EXIT_MM = 20.0
"""SCA leaves the basilar artery's end, farther above the exit point than this; AICA below."""
_START_WITHIN_MM = 1.2
_ORIGIN_SEEN, _ORIGIN_OUTSIDE = 0.9, 0.6
"""Share of right names where the origin is in the crop, and where the artery leaves it."""


@dataclass(frozen=True)
class ArteryName:
    """probability: that the name is right; None where there is no name."""

    name: VesselName
    probability: float | None


UNNAMED = ArteryName("unnamed", None)


@dataclass(frozen=True, eq=False)
class ArterialTree:
    """The arteries of a crop.

    share: soft label. allowed: where a path may lead. trunk: where it is as wide as the
    vertebral and basilar arteries. exit_lps: where the nerve leaves the brainstem.
    """

    soft: SoftLabels
    share: Field
    allowed: NDArray[np.bool_]
    trunk: NDArray[np.bool_]
    exit_lps: Points
    midline_x_mm: float

    def name_at(self, point_lps: Points, diameter_mm: float | None) -> ArteryName:
        """The artery whose surface lies at a point, with its calibre there."""
        start = self._start(self.soft.grid.to_index(point_lps) * self.soft.spacing_mm)
        if start is None:
            return UNNAMED
        if self.trunk[start] or (diameter_mm is not None and diameter_mm > TRUNK_DIAMETER_MM):
            return ArteryName("BA" if self.is_basilar(self._lps(start)) else "VA", _ORIGIN_SEEN)
        costs = np.where(self.allowed, 1.0 / (self.share + _FLOOR), -1.0)
        walker = MCP_Geometric(costs)
        reached, _ = walker.find_costs([start])
        end = self._nearest_end(reached)
        if end is None:
            return UNNAMED
        path = np.array(walker.traceback(end))
        return self._by_origin(end, self._certainty(path))

    def _start(self, vessel_point: Points) -> tuple[int, ...] | None:
        """The voxel of the artery's inside that is nearest to a point of its surface."""
        spacing = self.soft.spacing_mm
        reach = int(np.ceil(_START_WITHIN_MM / spacing))
        middle = np.round(vessel_point / spacing).astype(int)
        low = np.clip(middle - reach, 0, None)
        block = tuple(slice(a, b + reach + 1) for a, b in zip(low, middle, strict=True))
        inside = np.argwhere(self.allowed[block]) + low
        if len(inside) == 0:
            return None
        distance = np.linalg.norm(inside * spacing - vessel_point, axis=1)
        preferred = distance - spacing * self.share[tuple(inside.T)]
        i, j, k = (int(n) for n in inside[int(np.argmin(preferred))])
        return (i, j, k)

    def _nearest_end(self, reached: NDArray[np.float64]) -> tuple[int, ...] | None:
        """The cheapest voxel at which the path ends: in a trunk, or where the crop ends."""
        leaves = np.zeros_like(self.trunk)
        leaves[-1], leaves[:, :, 0] = True, True
        ends = (self.trunk | leaves) & np.isfinite(reached)
        if not ends.any():
            return None
        index = np.unravel_index(int(np.argmin(np.where(ends, reached, np.inf))), ends.shape)
        return tuple(int(n) for n in index)

    def _by_origin(self, end: tuple[int, ...], certainty: float) -> ArteryName:
        origin = self._lps(end)
        seen = _ORIGIN_SEEN if self.trunk[end] else _ORIGIN_OUTSIDE
        name: VesselName = "PICA"
        if self.is_basilar(origin):
            name = "SCA" if origin[2] - self.exit_lps[2] > _ABOVE_EXIT_MM else "AICA"
        return ArteryName(name, round(seen * certainty, 3))

    def is_basilar(self, points_lps: Points) -> NDArray[np.bool_]:
        """Whether trunks at points (..., 3) are the basilar artery, by their place."""
        central = np.abs(points_lps[..., 0] - self.midline_x_mm) < _CENTRAL_MM
        return np.asarray(central & (points_lps[..., 2] - self.exit_lps[2] > -_BELOW_EXIT_MM))

    def _lps(self, voxel: tuple[int, ...]) -> Points:
        return self.soft.grid.to_lps(voxel)

    def _certainty(self, path: NDArray[np.int64]) -> float:
        """Mean soft label of the path's weakest millimetre."""
        values = self.share[tuple(path.T)].astype(np.float64)
        length = (
            float(arc_length(np.asarray(path * self.soft.spacing_mm))[-1]) if len(path) > 1 else 0.0
        )
        width = max(1, round(len(path) / max(length, 1.0)))
        return float(ndimage.uniform_filter1d(values, width).min())


def arterial_tree(
    soft: SoftLabels, exit_lps: Points, midline_x_mm: float | None
) -> ArterialTree | None:
    """The arteries of a whole crop; None where the midline is unknown.

    exit_lps: where the facial nerve leaves the brainstem.
    """
    if midline_x_mm is None:
        return None
    share = soft.share(Label.ARTERY)
    radius = soft_radius_mm(share, soft.spacing_mm)
    allowed = share > POSSIBLE
    least = round(MIN_TRUNK_MM3 / soft.grid.voxel_volume_mm3)
    trunk = cc3d.dust(allowed & (radius > TRUNK_RADIUS_MM), threshold=least, connectivity=26)
    return ArterialTree(soft, share, allowed, trunk.astype(bool), exit_lps, midline_x_mm)


def soft_radius_mm(share: Field, spacing_mm: float) -> Field:
    """Radius of a tube on whose axis a voxel lies, from its label after smoothing; (I, J, K).

    A tube of radius r smoothed by a Gaussian of width w has 1 - exp(-r^2 / 2 w^2) on its axis.
    """
    smooth = ndimage.gaussian_filter(share, _SMOOTH_MM / spacing_mm, mode="nearest")
    return np.asarray(_SMOOTH_MM * np.sqrt(-2.0 * np.log1p(-np.clip(smooth, 0.0, 0.9999))))
