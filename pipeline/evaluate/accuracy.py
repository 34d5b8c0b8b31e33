"""Right answers by finding, as they are shown beside every answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.evaluate.lesions import is_found
from pipeline.evaluate.pairing import SideCase
from pipeline.records.findings import MeasuredAccuracy

Test = Callable[[SideCase], bool]


def measured_accuracy(cases: Sequence[SideCase]) -> tuple[MeasuredAccuracy, ...]:
    """Of the three findings, over sides whose root exit zone lies in the slab.

    Sides with a true gap of 0.05-0.3 mm are neither in contact nor clear of it and left out. A
    finding without positives or without negatives is left out.
    """
    rows = (
        _contact([case for case in cases if case.is_contact or case.is_clear]),
        _tumour(cases),
        _aneurysm(cases),
    )
    return tuple(row for row in rows if row is not None)


def _contact(cases: Sequence[SideCase]) -> MeasuredAccuracy | None:
    def said(case: SideCase) -> bool:
        return case.found is not None and case.found.vessel_contact.answer == "yes"

    return _row("vessel_contact", cases, lambda case: case.is_contact, said, said)


def _tumour(cases: Sequence[SideCase]) -> MeasuredAccuracy | None:
    def said(case: SideCase) -> bool:
        return case.found is not None and case.found.tumour.answer == "yes"

    def found(case: SideCase) -> bool:
        return is_found(case, "tumour")

    return _row("tumour", cases, lambda case: case.truth.tumour is not None, found, said)


def _aneurysm(cases: Sequence[SideCase]) -> MeasuredAccuracy | None:
    def said(case: SideCase) -> bool:
        return case.found is not None and case.found.aneurysm.answer == "yes"

    def found(case: SideCase) -> bool:
        return is_found(case, "aneurysm")

    return _row("aneurysm", cases, lambda case: case.truth.aneurysm is not None, found, said)


def _row(
    finding: str, cases: Sequence[SideCase], present: Test, found: Test, flagged: Test
) -> MeasuredAccuracy | None:
    positives = [case for case in cases if present(case)]
    negatives = [case for case in cases if not present(case)]
    if not positives or not negatives:
        return None
    return MeasuredAccuracy.model_validate(
        {
            "finding": finding,
            "sensitivity": round(sum(map(found, positives)) / len(positives), 4),
            "specificity": round(1.0 - sum(map(flagged, negatives)) / len(negatives), 4),
            "positives": len(positives),
            "negatives": len(negatives),
        }
    )
