"""Vessel contact: discrimination, answers, gap, grade, place and vessel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np

from pipeline.evaluate.agreement import area_under_curve, kappa
from pipeline.evaluate.bootstrap import Score, scored
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Record
from pipeline.records.findings import Grade, VesselContact

GRADES: tuple[Grade, ...] = get_args(Grade)
_GAPS_UNDER_MM = 2.0


class ContactScores(Record):
    """Truth: contact below 0.05 mm, clear from 0.3 mm; the sides between stand apart.

    auc: over all such sides; a side without probability counts with the prior of one half.
    sensitivity, specificity: answered yes of contacts, answered no of clear sides (cannot_say
        counts as wrong). *_answered: of the sides that were answered.
    blurred_answers: answers on sides with true gaps of 0.05-0.3 mm.
    """

    contacts: int
    clear: int
    auc: Score
    sensitivity: Score
    specificity: Score
    sensitivity_answered: Score
    specificity_answered: Score
    cannot_say: Score
    blurred_answers: dict[str, int]


class GapScores(Record):
    """Over measured sides with true gaps below 2 mm; coverage of the 90 % interval."""

    mean_error_mm: Score
    median_error_mm: Score
    bias_mm: Score
    interval_coverage: Score
    mean_interval_width_mm: Score


class DescriptionScores(Record):
    """confusion[true grade][found grade]; kappas over graded sides; the rest over contacts."""

    confusion: dict[str, dict[str, int]]
    grade_kappa: Score
    grade_kappa_quadratic: Score
    segment_right: Score
    vessel_right: Score
    contact_point_error_mm: Score


def contact_scores(cases: Sequence[SideCase]) -> ContactScores:
    """Over sides whose root exit zone lies in the slab."""
    contacts = [case for case in cases if case.is_contact]
    clear = [case for case in cases if case.is_clear]
    blurred = [case for case in cases if not (case.is_contact or case.is_clear)]
    both = contacts + clear
    return ContactScores(
        contacts=len(contacts),
        clear=len(clear),
        auc=_score(both, _area_under_curve),
        sensitivity=_score(contacts, _share("yes")),
        specificity=_score(clear, _share("no")),
        sensitivity_answered=_score([c for c in contacts if _answered(c)], _share("yes")),
        specificity_answered=_score([c for c in clear if _answered(c)], _share("no")),
        cannot_say=_score(both, _share("cannot_say")),
        blurred_answers={
            answer: sum(_answer(case) == answer for case in blurred)
            for answer in ("yes", "no", "cannot_say")
        },
    )


def gap_scores(cases: Sequence[SideCase]) -> GapScores:
    """Errors of `min_distance_mm` and coverage of `distance_interval_mm`."""
    measured = [c for c in cases if c.truth.gap_mm < _GAPS_UNDER_MM and _contact(c) is not None]
    return GapScores(
        mean_error_mm=_score(measured, lambda some: float(np.mean(np.abs(_errors(some))))),
        median_error_mm=_score(measured, lambda some: float(np.median(np.abs(_errors(some))))),
        bias_mm=_score(measured, lambda some: float(np.mean(_errors(some)))),
        interval_coverage=_score(measured, lambda some: float(np.mean([_covers(c) for c in some]))),
        mean_interval_width_mm=_score(
            measured, lambda some: float(np.mean([_width(c) for c in some]))
        ),
    )


def description_scores(cases: Sequence[SideCase]) -> DescriptionScores:
    """Grade, segment, vessel and place."""
    graded = [case for case in cases if (found := _contact(case)) and found.grade]
    placed = [case for case in cases if case.is_contact and _contact(case) is not None]
    confusion: dict[str, dict[str, int]] = {true: dict.fromkeys(GRADES, 0) for true in GRADES}
    for case in graded:
        confusion[case.truth.grade][_grade(case)] += 1
    return DescriptionScores(
        confusion=confusion,
        grade_kappa=_score(graded, lambda some: _kappa(some, quadratic=False)),
        grade_kappa_quadratic=_score(graded, lambda some: _kappa(some, quadratic=True)),
        segment_right=_score(placed, _share_of(lambda c, f: f.segment == c.truth.segment)),
        vessel_right=_score(
            placed,
            _share_of(lambda c, f: f.vessel is not None and f.vessel.name == c.truth.vessel),
        ),
        contact_point_error_mm=_score(placed, _median_place_error),
    )


def _area_under_curve(cases: Sequence[SideCase]) -> float | None:
    present = [case.is_contact for case in cases]
    return area_under_curve(present, [_probability(case) for case in cases])


def _score(
    cases: Sequence[SideCase], statistic: Callable[[Sequence[SideCase]], float | None]
) -> Score:
    return scored(cases, statistic, lambda case: case.patient)


def _contact(case: SideCase) -> VesselContact | None:
    """The contact findings of a side whose gap was measured."""
    found = case.found.vessel_contact if case.found else None
    return found if found is not None and found.min_distance_mm is not None else None


def _answer(case: SideCase) -> str:
    return case.found.vessel_contact.answer if case.found else "cannot_say"


def _answered(case: SideCase) -> bool:
    return _answer(case) != "cannot_say"


def _probability(case: SideCase) -> float:
    probability = case.found.vessel_contact.probability if case.found else None
    return 0.5 if probability is None else probability


def _share(answer: str) -> Callable[[Sequence[SideCase]], float]:
    return lambda cases: float(np.mean([_answer(case) == answer for case in cases]))


def _errors(cases: Sequence[SideCase]) -> list[float]:
    found = [(case, _contact(case)) for case in cases]
    return [
        f.min_distance_mm - c.truth.gap_mm for c, f in found if f and f.min_distance_mm is not None
    ]


def _interval(case: SideCase) -> tuple[float, float]:
    found = _contact(case)
    return found.distance_interval_mm or (np.nan, np.nan) if found else (np.nan, np.nan)


def _covers(case: SideCase) -> bool:
    low, high = _interval(case)
    return bool(low <= case.truth.gap_mm <= high)


def _width(case: SideCase) -> float:
    low, high = _interval(case)
    return high - low


def _grade(case: SideCase) -> Grade:
    found = _contact(case)
    return found.grade if found and found.grade else "none"


def _kappa(cases: Sequence[SideCase], *, quadratic: bool) -> float | None:
    true = [GRADES.index(case.truth.grade) for case in cases]
    found = [GRADES.index(_grade(case)) for case in cases]
    return kappa(true, found, len(GRADES), quadratic=quadratic)


def _share_of(
    right: Callable[[SideCase, VesselContact], bool],
) -> Callable[[Sequence[SideCase]], float]:
    def share(cases: Sequence[SideCase]) -> float:
        found = [(case, _contact(case)) for case in cases]
        return float(np.mean([bool(f and right(c, f)) for c, f in found]))

    return share


def _median_place_error(cases: Sequence[SideCase]) -> float | None:
    errors = [
        float(np.linalg.norm(np.subtract(found.point_lps_mm, case.truth.contact_point_lps_mm)))
        for case in cases
        if (found := _contact(case)) and found.point_lps_mm
    ]
    return float(np.median(errors)) if errors else None
