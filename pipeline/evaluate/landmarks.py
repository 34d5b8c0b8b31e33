"""How well the root exit zones are found, and that no side is ever taken for the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.bootstrap import Score, scored, share
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Point, Record

WITHIN_MM = 2.0


class LandmarkScores(Record):
    """Over sides whose root exit zone is known and in the slab; one not located counts as missed.

    swapped: sides whose place is nearer to the other side's true one.
    slab_misses: sides whose root exit zone lies outside; recognised: of those, not assessed.
    """

    sides: int
    located: int
    within_2_mm: Score
    median_error_mm: Score
    p95_error_mm: Score
    swapped: int
    slab_misses: int
    slab_misses_recognised: int


def landmark_scores(cases: Sequence[SideCase]) -> LandmarkScores:
    """Errors of `rez_lps_mm` against the truth."""
    inside = [case for case in cases if case.truth.in_slab and case.truth.rez_lps_mm is not None]
    outside = [case for case in cases if not case.truth.in_slab]
    return LandmarkScores(
        sides=len(inside),
        located=len(_errors(inside)),
        within_2_mm=share(inside, _is_within, lambda case: case.patient),
        median_error_mm=scored(inside, _median_error, lambda case: case.patient),
        p95_error_mm=scored(inside, _high_error, lambda case: case.patient),
        swapped=sum(is_swapped(case) for case in inside),
        slab_misses=len(outside),
        slab_misses_recognised=sum(_recognised(case) for case in outside),
    )


def rez_error_mm(case: SideCase) -> float | None:
    """Distance of the found root exit zone from the true one; None where either is missing."""
    place = case.found.rez_lps_mm if case.found else None
    return _distance(place, case.truth.rez_lps_mm)


def is_swapped(case: SideCase) -> bool:
    """Whether the place found for this side is nearer to the other side's root exit zone."""
    place = case.found.rez_lps_mm if case.found else None
    own = _distance(place, case.truth.rez_lps_mm)
    other = _distance(place, case.other_truth.rez_lps_mm)
    return own is not None and other is not None and other < own


def _recognised(case: SideCase) -> bool:
    return case.found is None or case.found.assessability.status == "not_assessable"


def _is_within(case: SideCase) -> bool:
    error = rez_error_mm(case)
    return error is not None and error <= WITHIN_MM


def _median_error(cases: Sequence[SideCase]) -> float | None:
    errors = _errors(cases)
    return float(np.median(errors)) if errors else None


def _high_error(cases: Sequence[SideCase]) -> float | None:
    errors = _errors(cases)
    return float(np.percentile(errors, 95)) if errors else None


def _errors(cases: Sequence[SideCase]) -> list[float]:
    return [error for case in cases if (error := rez_error_mm(case)) is not None]


def _distance(first: Point | None, second: Point | None) -> float | None:
    if first is None or second is None:
        return None
    return float(np.linalg.norm(np.subtract(first, second)))
