"""Names of arteries by topology: the path from the nerve back to the basilar or vertebral artery.

The path is looked for in the soft label; where it is lost the artery has no name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from pipeline.measure.course import arc_length
from pipeline.measure.naming import UNNAMED, ArteryName, Height, branch_name
from pipeline.measure.soft_labels import Field, Points, SoftLabels
from pipeline.measure.trunks import Trunks
from pipeline.measure.wide_arteries import TRUNK_DIAMETER_MM, wide_arteries
from pipeline.records.labels import Label

_POSSIBLE = 0.1
"""Least soft label of a voxel through which a path may lead: an artery of 0.4 mm between four
voxels of 0.5 mm fills an eighth of each."""
_FLOOR = 0.05
_CENTRAL_MM = 8.5
"""The basilar artery lies nearer to the midline."""
_BELOW_EXIT_MM = 8.0
"""A trunk farther below the nerve's exit point is vertebral: the arteries join within 10 mm of
the sulcus in which the nerve leaves (review of calibres, JNIS)."""
_START_WITHIN_MM = 1.2
_JUNCTION_FOUND_MM, _JUNCTION_GUESSED_MM = 1.0, 5.0
"""Standard deviations of heights above the junction: where it was found, and where the nerve's
exit point stands for it, which lies within 10 mm (ibid.)."""
_ORIGIN_OUTSIDE_MM = 5.0
"""The same where the artery leaves the crop, and its origin lies somewhere beyond."""
_WIDEST_BRANCH_MM = 2.6
"""PICA has up to 2.2 mm (ibid.), and is read a little wider. A vertebral artery that loops may lie
off its course, which takes the short way."""
_TRUNK_CERTAINTY = 0.9
"""Share of right names of what is as wide as a trunk."""
_SURE = 0.5
"""Soft label from which a path is as sure as it can be: thin arteries fill no voxel."""


@dataclass(frozen=True, eq=False)
class ArterialTree:
    """The arteries of a crop.

    share: soft label. trunk: voxels of the vertebral and basilar arteries. trunks: their courses.
    exit_lps: where the nerve leaves the brainstem.
    """

    soft: SoftLabels
    share: Field
    trunk: NDArray[np.bool_]
    trunks: Trunks
    exit_lps: Points
    midline_x_mm: float

    def name_at(self, point_lps: Points, diameter_mm: float | None) -> ArteryName:
        """The artery whose surface lies at a point, with its calibre there."""
        allowed = self.share > _POSSIBLE
        start = self._start(self.soft.grid.to_index(point_lps) * self.soft.spacing_mm, allowed)
        if start is None:
            return UNNAMED
        trunk = self._trunk_at(start, diameter_mm)
        if trunk is not None:
            return ArteryName(trunk, _TRUNK_CERTAINTY)
        walker = MCP_Geometric(np.where(allowed, 1.0 / (self.share + _FLOOR), -1.0))
        reached, _ = walker.find_costs([start])
        end = self._nearest_end(reached)
        if end is None:
            return UNNAMED
        named = branch_name(self._height(end), diameter_mm)
        certainty = self._certainty(np.array(walker.traceback(end)))
        return ArteryName(named.name, round((named.probability or 0.0) * certainty, 3))

    def _start(self, vessel_point: Points, allowed: NDArray[np.bool_]) -> tuple[int, ...] | None:
        """The voxel of the artery's inside that is nearest to a point of its surface."""
        spacing = self.soft.spacing_mm
        reach = int(np.ceil(_START_WITHIN_MM / spacing))
        middle = np.round(vessel_point / spacing).astype(int)
        low = np.clip(middle - reach, 0, None)
        block = tuple(slice(a, b + reach + 1) for a, b in zip(low, middle, strict=True))
        inside = np.argwhere(allowed[block]) + low
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

    def _trunk_at(
        self, start: tuple[int, ...], diameter_mm: float | None
    ) -> Literal["VA", "BA"] | None:
        """By the trunks' courses; by place where not all of these are known; None: a branch."""
        place = self._lps(start)
        wide = self.trunk[start] if diameter_mm is None else diameter_mm > TRUNK_DIAMETER_MM
        if not wide:
            return None
        near = self.trunks.name_near(place)
        all_known = self.trunks.junction_lps is not None
        if near is None and all_known and (diameter_mm or 0.0) < _WIDEST_BRANCH_MM:
            return None
        return near or self._trunk_by_place(place)

    def _trunk_by_place(self, point_lps: Points) -> Literal["VA", "BA"]:
        central = abs(point_lps[0] - self.midline_x_mm) < _CENTRAL_MM
        return "BA" if central and point_lps[2] - self.exit_lps[2] > -_BELOW_EXIT_MM else "VA"

    def _height(self, end: tuple[int, ...]) -> Height:
        """Of the path's end above the junction of the vertebral arteries."""
        junction = self.trunks.junction_lps
        zero, unsure = self.exit_lps, _JUNCTION_GUESSED_MM
        if junction is not None:
            zero, unsure = junction, _JUNCTION_FOUND_MM
        if not self.trunk[end]:
            unsure = max(unsure, _ORIGIN_OUTSIDE_MM)
        return Height(float(self._lps(end)[2] - zero[2]), unsure)

    def _lps(self, voxel: tuple[int, ...]) -> Points:
        return self.soft.grid.to_lps(voxel)

    def _certainty(self, path: NDArray[np.int64]) -> float:
        """From the mean soft label of the path's weakest millimetre, 0..1."""
        values = self.share[tuple(path.T)].astype(np.float64)
        length = (
            float(arc_length(np.asarray(path * self.soft.spacing_mm))[-1]) if len(path) > 1 else 0.0
        )
        width = max(1, round(len(path) / max(length, 1.0)))
        return min(1.0, float(ndimage.uniform_filter1d(values, width).min()) / _SURE)


def arterial_tree(
    soft: SoftLabels, exit_lps: Points, midline_x_mm: float | None, trunks: Trunks
) -> ArterialTree | None:
    """The arteries of a whole crop; None where the midline is unknown.

    exit_lps: where the facial nerve leaves the brainstem.
    """
    if midline_x_mm is None:
        return None
    share = soft.share(Label.ARTERY)
    trunk = wide_arteries(share, soft.spacing_mm)
    if trunks.junction_lps is not None:  # all are known: a wide PICA is none of them
        voxels = np.argwhere(trunk)
        trunk[tuple(voxels[~trunks.beside(soft.grid.to_lps(voxels))].T)] = False
    return ArterialTree(soft, share, trunk, trunks, exit_lps, midline_x_mm)
