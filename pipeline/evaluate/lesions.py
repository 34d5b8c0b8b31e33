"""Masses and aneurysms: found, and flagged without cause, by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.bootstrap import Score, share
from pipeline.evaluate.known import KnownLesion
from pipeline.evaluate.pairing import SideCase
from pipeline.records.base import Point, Record
from pipeline.records.findings import Aneurysm, Tumour

LesionName = Literal["tumour", "aneurysm"]
_ELSEWHERE_MM = 10.0
"""A flag whose centroid lies farther than this, and than the lesion's diameter, from the true
one is not a find."""
_LARGE_MM = 3.0


class LesionScores(Record):
    """sensitivity: flagged, at the right place where that is known, of sides with the lesion.

    specificity: not flagged, of sides without. from_3_mm: lesions of at least 3 mm.
    """

    lesions: int
    sensitivity: Score
    sensitivity_from_3_mm: Score
    specificity: Score


def lesion_scores(cases: Sequence[SideCase], name: LesionName) -> LesionScores:
    """Over the sides of which it is known whether they have the lesion."""
    with_lesion = [case for case in cases if has_lesion(case, name) is True]
    without = [case for case in cases if has_lesion(case, name) is False]
    large = [case for case in with_lesion if _diameter_mm(case, name) >= _LARGE_MM]

    def found(case: SideCase) -> bool:
        return is_found(case, name)

    def not_flagged(case: SideCase) -> bool:
        return not _flagged(case, name)

    return LesionScores(
        lesions=len(with_lesion),
        sensitivity=share(with_lesion, found, lambda case: case.patient),
        sensitivity_from_3_mm=share(large, found, lambda case: case.patient),
        specificity=share(without, not_flagged, lambda case: case.patient),
    )


def has_lesion(case: SideCase, name: LesionName) -> bool | None:
    """None where it is not known."""
    true = _true(case, name)
    return true.present if true else None


def is_found(case: SideCase, name: LesionName) -> bool:
    """Whether the side has a lesion and is flagged, on the lesion where its place is known."""
    true, found = _true(case, name), _found(case, name)
    if true is None or not true.present or found is None or found.answer != "yes":
        return False
    return true.centroid_lps_mm is None or _near(found.centroid_lps_mm, true)


def _near(place: Point | None, true: KnownLesion) -> bool:
    if place is None or true.centroid_lps_mm is None:
        return False
    distance = float(np.linalg.norm(np.subtract(place, true.centroid_lps_mm)))
    return distance <= max(_ELSEWHERE_MM, true.max_diameter_mm or 0.0)


def _diameter_mm(case: SideCase, name: LesionName) -> float:
    true = _true(case, name)
    return (true.max_diameter_mm or 0.0) if true else 0.0


def _flagged(case: SideCase, name: LesionName) -> bool:
    found = _found(case, name)
    return found is not None and found.answer == "yes"


def _true(case: SideCase, name: LesionName) -> KnownLesion | None:
    return case.truth.tumour if name == "tumour" else case.truth.aneurysm


def _found(case: SideCase, name: LesionName) -> Tumour | Aneurysm | None:
    if case.found is None:
        return None
    return case.found.tumour if name == "tumour" else case.found.aneurysm
