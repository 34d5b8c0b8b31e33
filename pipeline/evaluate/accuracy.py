"""Right answers by finding, as they are shown beside every answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.evaluate.lesions import LesionName, has_lesion, is_found
from pipeline.evaluate.pairing import SideCase
from pipeline.records.findings import MeasuredAccuracy

Test = Callable[[SideCase], bool]


def measured_accuracy(cases: Sequence[SideCase]) -> tuple[MeasuredAccuracy, ...]:
    """Of the three findings, over sides whose root exit zone lies in the slab.

    Sides with a true gap of 0.05-0.3 mm are neither in contact nor clear of it and left out, as
    are those of which nobody knows. A finding without positives or without negatives is left out.
    """
    rows = (
        _contact([case for case in cases if case.is_contact or case.is_clear]),
        _lesion([case for case in cases if has_lesion(case, "tumour") is not None], "tumour"),
        _lesion([case for case in cases if has_lesion(case, "aneurysm") is not None], "aneurysm"),
    )
    return tuple(row for row in rows if row is not None)


def _contact(cases: Sequence[SideCase]) -> MeasuredAccuracy | None:
    def said(case: SideCase) -> bool:
        return case.found is not None and case.found.vessel_contact.answer == "yes"

    return _row("vessel_contact", cases, lambda case: case.is_contact, said, said)


def _lesion(cases: Sequence[SideCase], name: LesionName) -> MeasuredAccuracy | None:
    def said(case: SideCase) -> bool:
        finding = getattr(case.found, name) if case.found else None
        return finding is not None and finding.answer == "yes"

    def present(case: SideCase) -> bool:
        return has_lesion(case, name) is True

    return _row(name, cases, present, lambda case: is_found(case, name), said)


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
