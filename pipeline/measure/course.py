"""The course of the facial nerve from its exit point to the porus, with its landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.measure.soft_labels import Points
from pipeline.records.findings import Segment

TRANSITION_ZONE_MM = 1.6
"""Length of the transition zone, whose start is the detachment point, along a traced course. Its
mean is 1.9 mm (Tomii 2003); tracing rounds the turn off the pons there and so loses 0.3 mm (95
sides of calibration subjects, true fractions)."""
_EXIT_POINT_MM = 1.0
_BEFORE_DETACHMENT_MM = 0.5
"""Limits of the segments in the output contract."""


@dataclass(frozen=True, eq=False)
class NerveCourse:
    """points: (N, 3) crop mm at even arc length, from the exit point to the porus.

    tz_end_mm: arc length of the end of the transition zone (labels 2 and 3 meet there).
    """

    points: Points
    tz_end_mm: float

    @cached_property
    def s_mm(self) -> NDArray[np.float64]:
        """Arc length from the exit point, shape (N,)."""
        return arc_length(self.points)

    @cached_property
    def tangents(self) -> Points:
        """Unit tangents towards the porus, shape (N, 3)."""
        slope = np.gradient(self.points, axis=0)
        return np.asarray(slope / np.linalg.norm(slope, axis=1, keepdims=True))

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    @property
    def length_mm(self) -> float:
        return float(self.s_mm[-1])

    @property
    def rdp_mm(self) -> float:
        """Arc length of the root detachment point."""
        return max(self.tz_end_mm - TRANSITION_ZONE_MM, 0.0)

    @property
    def rez_mm(self) -> float:
        """Arc length of the middle of the root exit zone."""
        return 0.5 * self.tz_end_mm

    def at(self, s_mm: float) -> Points:
        """The point at an arc length, shape (3,)."""
        return _interpolated(self.s_mm, self.points, s_mm)

    def tangent(self, s_mm: float) -> Points:
        """The unit tangent at an arc length, shape (3,)."""
        direction = _interpolated(self.s_mm, self.tangents, s_mm)
        return np.asarray(direction / np.linalg.norm(direction))

    def segment(self, s_mm: float) -> Segment:
        """The segment of the contract at an arc length."""
        if s_mm <= _EXIT_POINT_MM:
            return "RExP"
        if s_mm < self.rdp_mm - _BEFORE_DETACHMENT_MM:
            return "AS"
        return "RDP_TZ" if s_mm <= self.tz_end_mm else "CP"

    def project(self, points: Points) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Arc length of the nearest place of the course, and whether the point lies beside it.

        Points beyond either end (on the cut faces of the labels) do not lie beside it.
        """
        _, nearest = self._tree.query(points)
        along = ((points - self.points[nearest]) * self.tangents[nearest]).sum(axis=1)
        before = (nearest == 0) & (along < 0)
        beyond = (nearest == len(self.points) - 1) & (along > 0)
        s_mm = np.clip(self.s_mm[nearest] + along, 0.0, self.length_mm)
        return s_mm, ~(before | beyond)


def arc_length(points: Points) -> NDArray[np.float64]:
    """Cumulative length of a polyline, shape (N,)."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def evenly(points: Points, spacing_mm: float) -> Points:
    """The polyline with points at (nearly) equal arc length; both ends stay."""
    length = arc_length(points)
    wanted = np.linspace(0.0, length[-1], max(2, round(length[-1] / spacing_mm) + 1))
    return np.stack([np.interp(wanted, length, points[:, axis]) for axis in range(3)], axis=1)


def _interpolated(s: NDArray[np.float64], values: Points, at_mm: float) -> Points:
    return np.array([np.interp(at_mm, s, values[:, axis]) for axis in range(3)])
