"""The course of a nerve as the record has it: points by arc length, directions, mirrored places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.records.base import Point, Side
from pipeline.records.findings import Findings, SideFindings

_REACH_MM = 1.5
"""The direction at a place is taken between points this far before and behind it."""
OTHER_SIDE: dict[Side, Side] = {"left": "right", "right": "left"}


@dataclass(frozen=True, eq=False)
class Course:
    """A nerve from exit point to porus. along_mm: arc lengths (N,). points_lps: (N, 3), LPS mm."""

    along_mm: NDArray[np.float64]
    points_lps: NDArray[np.float64]

    def at(self, along_mm: ArrayLike) -> NDArray[np.float64]:
        """Points at arc lengths, shape (..., 3); straight on beyond both ends."""
        along = np.asarray(along_mm, dtype=np.float64)
        inside = np.clip(along, self.along_mm[0], self.along_mm[-1])
        places = np.stack(
            [np.interp(inside, self.along_mm, self.points_lps[:, axis]) for axis in range(3)], -1
        )
        return places + (along - inside)[..., None] * self._direction(inside)

    def tangent(self, along_mm: float) -> NDArray[np.float64]:
        """Unit direction towards the porus at an arc length, shape (3,)."""
        return np.asarray(self._direction(np.array(float(along_mm))))

    def nearest(self, point_lps: ArrayLike) -> int:
        """Index of the point of the course that is nearest to a place."""
        distances = np.linalg.norm(self.points_lps - np.asarray(point_lps), axis=1)
        return int(np.argmin(distances))

    def _direction(self, along_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        first, last = self.along_mm[0], self.along_mm[-1]
        inside = np.clip(along_mm, first, last)
        before = np.clip(inside - _REACH_MM, first, last)
        after = np.clip(inside + _REACH_MM, first, last)
        ends = [
            np.stack([np.interp(end, self.along_mm, self.points_lps[:, k]) for k in range(3)], -1)
            for end in (before, after)
        ]
        way = ends[1] - ends[0]
        return np.asarray(way / np.linalg.norm(way, axis=-1, keepdims=True))


@dataclass(frozen=True)
class Place:
    """A place of a side. source: where it stands in findings.json, empty where it does not."""

    point_lps_mm: Point
    source: str


def course(side: SideFindings) -> Course | None:
    """The nerve of a side; None where it was not followed."""
    if len(side.profile) < 2:
        return None
    along = np.array([point.s_mm for point in side.profile])
    return Course(along, np.array([point.point_lps_mm for point in side.profile]))


def mirrored_narrowest_place(findings: Findings, side: Side) -> Place | None:
    """The place of the other side that corresponds to the narrowest place of `side`.

    It is the point at the same distance along the other nerve, or, where that nerve was not
    followed, the mirror image in the plane midway between both root exit zones.
    """
    found, other = findings.sides[side], findings.sides[OTHER_SIDE[side]]
    along, there = found.vessel_contact.distance_from_rexp_mm, course(other)
    if along is not None and there is not None:
        index = int(np.argmin(np.abs(there.along_mm - along)))
        source = f"sides.{OTHER_SIDE[side]}.profile.{index}.point_lps_mm"
        return Place(other.profile[index].point_lps_mm, source)
    point = found.vessel_contact.point_lps_mm
    return None if point is None else mirrored_place(findings, side, point)


def mirrored_place(findings: Findings, side: Side, point: Point) -> Place | None:
    """The mirror image of a place of `side` in the plane midway between both root exit zones.

    None where one of them was not found.
    """
    one, other = findings.sides[side].rez_lps_mm, findings.sides[OTHER_SIDE[side]].rez_lps_mm
    return None if one is None or other is None else Place(_mirrored(point, one, other), "")


def _mirrored(point: Point, one: Point, other: Point) -> Point:
    """The mirror image of a point in the plane midway between two places."""
    start, end = np.array(one), np.array(other)
    normal = (end - start) / np.linalg.norm(end - start)
    offset = float((np.array(point) - (start + end) / 2) @ normal)
    image = np.array(point) - 2 * offset * normal
    return (float(image[0]), float(image[1]), float(image[2]))
