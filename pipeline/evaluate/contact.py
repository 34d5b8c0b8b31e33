"""Vessel contact: discrimination, answers, gap, grade, place and vessel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np

from pipeline.bootstrap import Score, scored, share
from pipeline.evaluate.agreement import area_under_curve, kappa
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Record
from pipeline.records.findings import Grade, VesselContact, VesselName

GRADES: tuple[Grade, ...] = get_args(Grade)
_GAPS_UNDER_MM = 2.0
MeasuredGap = tuple[float, VesselContact, str]
"""True gap in mm, what was found, patient."""


class ContactScores(Record):
    """Truth: contact below 0.05 mm, clear from 0.3 mm; the sides between stand apart.

    Sides of which nobody knows whether a vessel touches the nerve count nowhere.

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
    """confusion[true grade][found grade]; kappas over graded sides; the rest over contacts.

    vessel_right: of all contacts whose vessel is known; vessel_right_named: of those of them whose
        vessel was given a name at all.
    """

    confusion: dict[str, dict[str, int]]
    grade_kappa: Score
    grade_kappa_quadratic: Score
    segment_right: Score
    vessel_right: Score
    vessel_right_named: Score
    contact_point_error_mm: Score


def contact_scores(cases: Sequence[SideCase]) -> ContactScores:
    """Over sides whose root exit zone lies in the slab."""
    contacts = [case for case in cases if case.is_contact]
    clear = [case for case in cases if case.is_clear]
    blurred = [case for case in cases if case.truth.touch == "blurred"]
    both = contacts + clear
    return ContactScores(
        contacts=len(contacts),
        clear=len(clear),
        auc=_score(both, _area_under_curve),
        sensitivity=_answering(contacts, "yes"),
        specificity=_answering(clear, "no"),
        sensitivity_answered=_answering([c for c in contacts if _answered(c)], "yes"),
        specificity_answered=_answering([c for c in clear if _answered(c)], "no"),
        cannot_say=_answering(both, "cannot_say"),
        blurred_answers={
            answer: sum(_answer(case) == answer for case in blurred)
            for answer in ("yes", "no", "cannot_say")
        },
    )


def gap_scores(cases: Sequence[SideCase]) -> GapScores:
    """Errors of `min_distance_mm` and coverage of `distance_interval_mm`."""
    measured = [
        (case.truth.gap_mm, found, case.patient)
        for case in cases
        if case.truth.gap_mm is not None and case.truth.gap_mm < _GAPS_UNDER_MM
        if (found := _contact(case)) is not None
    ]
    return GapScores(
        mean_error_mm=_over(measured, lambda some: float(np.mean(np.abs(_errors(some))))),
        median_error_mm=_over(measured, lambda some: float(np.median(np.abs(_errors(some))))),
        bias_mm=_over(measured, lambda some: float(np.mean(_errors(some)))),
        interval_coverage=share(measured, _covers, lambda one: one[2]),
        mean_interval_width_mm=_over(
            measured, lambda some: float(np.mean([_width(one) for one in some]))
        ),
    )


def description_scores(cases: Sequence[SideCase]) -> DescriptionScores:
    """Grade, segment, vessel and place, each over the sides of which it is known."""
    graded = [
        (true, found.grade, case.patient)
        for case in cases
        if (true := case.truth.grade) and (found := _contact(case)) and found.grade
    ]
    placed = [(c, found) for c in cases if c.is_contact and (found := _contact(c)) is not None]
    known = [(c, f) for c, f in placed if c.truth.vessel is not None]
    confusion: dict[str, dict[str, int]] = {true: dict.fromkeys(GRADES, 0) for true in GRADES}
    for is_true, is_found, _ in graded:
        confusion[is_true][is_found] += 1
    return DescriptionScores(
        confusion=confusion,
        grade_kappa=scored(graded, lambda some: _kappa(some, quadratic=False), lambda g: g[2]),
        grade_kappa_quadratic=scored(
            graded, lambda some: _kappa(some, quadratic=True), lambda g: g[2]
        ),
        segment_right=share(
            [(c, f) for c, f in placed if c.truth.segment is not None],
            lambda one: one[1].segment == one[0].truth.segment,
            lambda one: one[0].patient,
        ),
        vessel_right=_name_right(known),
        vessel_right_named=_name_right([(c, f) for c, f in known if _name(f) != "unnamed"]),
        contact_point_error_mm=scored(
            [(c, f) for c, f in placed if c.truth.contact_point_lps_mm is not None],
            _median_place_error,
            lambda one: one[0].patient,
        ),
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


def _answering(cases: Sequence[SideCase], answer: str) -> Score:
    return share(cases, lambda case: _answer(case) == answer, lambda case: case.patient)


def _over(
    measured: Sequence[MeasuredGap], statistic: Callable[[Sequence[MeasuredGap]], float]
) -> Score:
    return scored(measured, statistic, lambda one: one[2])


def _errors(measured: Sequence[MeasuredGap]) -> list[float]:
    return [
        found.min_distance_mm - true for true, found, _ in measured
        if found.min_distance_mm is not None
    ]  # fmt: skip


def _interval(one: MeasuredGap) -> tuple[float, float]:
    return one[1].distance_interval_mm or (np.nan, np.nan)


def _covers(one: MeasuredGap) -> bool:
    low, high = _interval(one)
    return bool(low <= one[0] <= high)


def _width(one: MeasuredGap) -> float:
    low, high = _interval(one)
    return high - low


def _kappa(graded: Sequence[tuple[Grade, Grade, str]], *, quadratic: bool) -> float | None:
    true = [GRADES.index(one) for one, _, _ in graded]
    found = [GRADES.index(one) for _, one, _ in graded]
    return kappa(true, found, len(GRADES), quadratic=quadratic)


def _name_right(placed: Sequence[tuple[SideCase, VesselContact]]) -> Score:
    return share(
        placed, lambda one: _name(one[1]) == one[0].truth.vessel, lambda one: one[0].patient
    )


def _name(found: VesselContact) -> VesselName:
    return found.vessel.name if found.vessel else "unnamed"


def _median_place_error(placed: Sequence[tuple[SideCase, VesselContact]]) -> float | None:
    errors = [
        float(np.linalg.norm(np.subtract(found.point_lps_mm, case.truth.contact_point_lps_mm)))
        for case, found in placed
        if found.point_lps_mm and case.truth.contact_point_lps_mm
    ]
    return float(np.median(errors)) if errors else None
