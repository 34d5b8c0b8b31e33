"""How far the found course of the facial nerve lies from the true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.bootstrap import Score, scored
from pipeline.evaluate.pairing import SideCase
from pipeline.measure.course import evenly
from pipeline.records.base import Point, Record

_STEP_MM = 0.05
_FOLLOWED_MM = 1.0
"""A true place with no found one so near was not followed: about the nerve's own calibre."""


class CentrelineScores(Record):
    """Over sides with a known and a found course, exit point to porus.

    mean_error_mm: mean distance of the found course from the true one.
    followed: share of the true course with the found one within 1 mm.
    """

    mean_error_mm: Score
    followed: Score


@dataclass(frozen=True)
class _Courses:
    patient: str
    error_mm: float
    followed: float


def centreline_scores(cases: Sequence[SideCase]) -> CentrelineScores:
    """Errors of the points of `profile` against the truth."""
    compared = [one for case in cases if (one := _compared(case)) is not None]
    return CentrelineScores(
        mean_error_mm=scored(
            compared,
            lambda some: float(np.mean([one.error_mm for one in some])),
            lambda one: one.patient,
        ),
        followed=scored(
            compared,
            lambda some: float(np.mean([one.followed for one in some])),
            lambda one: one.patient,
        ),
    )


def _compared(case: SideCase) -> _Courses | None:
    profile = case.found.profile if case.found else ()
    true, found = case.truth.centreline_lps_mm, [point.point_lps_mm for point in profile]
    if len(true) < 2 or len(found) < 2:
        return None
    true_line, found_line = _line(true), _line(found)
    error, _ = cKDTree(true_line).query(found_line)
    missed, _ = cKDTree(found_line).query(true_line)
    return _Courses(case.patient, float(error.mean()), float((missed <= _FOLLOWED_MM).mean()))


def _line(points: Sequence[Point]) -> NDArray[np.float64]:
    return evenly(np.array(points, dtype=np.float64), _STEP_MM)
