"""What the calibration would have said of each calibration side, had it not seen its patient.

Enough sides to show whether probabilities mean what they say are many more than a reserved test
set has. So the calibration is fitted again and again without some of its studies, and asked about
these; sides of reserved studies are added as they were assessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline import __version__
from pipeline.assess.contact import vessel_contact
from pipeline.bootstrap import Score, scored
from pipeline.evaluate.agreement import area_under_curve
from pipeline.evaluate.calibrate import (
    CalibrationSide,
    calibration_sides,
    fit_calibration,
    measured_studies,
)
from pipeline.evaluate.generated import generated_results
from pipeline.evaluate.known import touch_of
from pipeline.evaluate.pairing import StudyPair, side_cases
from pipeline.evaluate.reliability import (
    Forecast,
    Reliability,
    forecast,
    forecasts_of,
    reliability,
)
from pipeline.paths import OutputFolder
from pipeline.phantom.truth import Truth
from pipeline.records.base import Record

_PARTS = 10
_PREVALENCE = 0.5
"""At which sides are decided at one half, and the surest put first. Answers, calibration error and
slope do not depend on it."""
Set = tuple[Path, OutputFolder]
"""Generated studies and their results."""


class PooledReliability(Record):
    """Of vessel contact; all of it on generated (synthetic) studies.

    all_sides: left out of the fit and reserved ones together.
    """

    schema_version: str = "1"
    program_version: str
    studies: int
    auc: Score
    all_sides: Reliability
    left_out_of_fit: Reliability
    reserved: Reliability


def pooled_reliability(calibration: Set, reserved: Sequence[Set]) -> PooledReliability:
    """Over the calibration studies, each left out of the fit, and reserved studies as assessed."""
    pairs = measured_studies(*calibration)
    sides = [side for pair in pairs for side in calibration_sides(pair)]
    left_out = left_out_forecasts(sides, {pair.folder.case: pair.truth for pair in pairs})
    tested = [one for data, results in reserved for one in _reserved_forecasts(data, results)]
    together = [*left_out, *tested]
    return PooledReliability(
        program_version=__version__,
        studies=len({one.patient for one in together}),
        auc=scored(together, _area_under_curve, lambda one: one.patient),
        all_sides=reliability(together),
        left_out_of_fit=reliability(left_out),
        reserved=reliability(tested),
    )


def left_out_forecasts(
    sides: Sequence[CalibrationSide], truths: dict[str, Truth]
) -> list[Forecast]:
    """Of every decided side, by a calibration fitted on nine tenths of the other studies.

    truths: by case. Both sides of a study are left out together.
    """
    cases = sorted(truths)
    shuffled = np.random.default_rng(1).permutation(len(cases))
    part_of = {cases[index]: number % _PARTS for number, index in enumerate(shuffled)}
    found = []
    for part in range(_PARTS):
        used = [side for side in sides if part_of[side.case] != part]
        asked = [side for side in sides if part_of[side.case] == part]
        fitted = fit_calibration(used, [truths[c] for c in cases if part_of[c] != part])
        for side in asked:
            touch = touch_of(side.truth.gap_mm)
            said = vessel_contact(side.measured, side.inputs, fitted, _PREVALENCE)
            one = forecast(said, side.case, in_contact=touch == "contact")
            if one is not None and touch != "blurred":
                found.append(one)
    return found


def _reserved_forecasts(data: Path, results: OutputFolder) -> list[Forecast]:
    pairs = [StudyPair(one.known(), one.folder) for one in generated_results(data, results)]
    return forecasts_of([case for case in side_cases(pairs) if case.truth.in_slab])


def _area_under_curve(known: Sequence[Forecast]) -> float | None:
    return area_under_curve([one.in_contact for one in known], [one.probability for one in known])
