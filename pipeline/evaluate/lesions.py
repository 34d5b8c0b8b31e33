"""Masses and aneurysms: found, and flagged without cause, by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.evaluate.bootstrap import Score, scored
from pipeline.evaluate.pairing import SideCase
from pipeline.phantom.truth import LesionTruth
from pipeline.records.base import Point, Record
from pipeline.records.findings import Aneurysm, Tumour

LesionName = Literal["tumour", "aneurysm"]
_ELSEWHERE_MM = 10.0
"""A flag whose centroid lies farther than this, and than the lesion's diameter, from the true
one is not a find."""


class LesionScores(Record):
    """sensitivity: flagged, at the right place, of sides with the lesion.

    specificity: not flagged, of sides without. from_3_mm: lesions of at least 3 mm.
    """

    lesions: int
    sensitivity: Score
    sensitivity_from_3_mm: Score
    specificity: Score


def lesion_scores(cases: Sequence[SideCase], name: LesionName) -> LesionScores:
    """Over all sides given."""
    with_lesion = [case for case in cases if _true(case, name) is not None]
    without = [case for case in cases if _true(case, name) is None]
    large = [c for c in with_lesion if (t := _true(c, name)) and t.max_diameter_mm >= 3.0]

    def share_found(some: Sequence[SideCase]) -> float:
        return float(np.mean([is_found(case, name) for case in some]))

    def share_not_flagged(some: Sequence[SideCase]) -> float:
        return float(np.mean([not _flagged(case, name) for case in some]))

    return LesionScores(
        lesions=len(with_lesion),
        sensitivity=scored(with_lesion, share_found, lambda case: case.patient),
        sensitivity_from_3_mm=scored(large, share_found, lambda case: case.patient),
        specificity=scored(without, share_not_flagged, lambda case: case.patient),
    )


def is_found(case: SideCase, name: LesionName) -> bool:
    """Whether the side is flagged and the flag lies on the true lesion."""
    true, found = _true(case, name), _found(case, name)
    if true is None or found is None or found.answer != "yes":
        return False
    return _near(found.centroid_lps_mm, true)


def _near(place: Point | None, true: LesionTruth) -> bool:
    if place is None:
        return False
    distance = float(np.linalg.norm(np.subtract(place, true.centroid_lps_mm)))
    return distance <= max(_ELSEWHERE_MM, true.max_diameter_mm)


def _flagged(case: SideCase, name: LesionName) -> bool:
    found = _found(case, name)
    return found is not None and found.answer == "yes"


def _true(case: SideCase, name: LesionName) -> LesionTruth | None:
    return case.truth.tumour if name == "tumour" else case.truth.aneurysm


def _found(case: SideCase, name: LesionName) -> Tumour | Aneurysm | None:
    if case.found is None:
        return None
    return case.found.tumour if name == "tumour" else case.found.aneurysm
