"""What must not matter: which side is which, how the head lies, how finely it was sampled.

The limits are those of docs/reference/invariance.md.
"""

from __future__ import annotations

import pytest

from pipeline.geometry import side_crop
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.study import measure_study
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.landmarks import Localisation, SideLandmarks
from pipeline.records.measurements import Measurements
from pipeline.settings import load_settings

from ..measure.nerves import known_contact
from .invariance import COARSE_MM, FINE_MM, said, said_of

PLACES = [(0.0, 4.0), (0.4, 9.0), (0.8, 14.0)]
"""Gap and arc length, mm: on the attached segment, at the detachment point, in the cistern."""
TURNED_GAP_MM, TURNED_PROBABILITY = 0.15, 0.06
COARSER_GAP_MM, COARSER_PROBABILITY = 0.15, 0.12


@pytest.mark.parametrize(("place", "axis"), [*zip(PLACES, "xyz", strict=True)])
def test_a_head_turned_by_ten_degrees(place: tuple[float, float], axis: str) -> None:
    straight, turned = said(*place), said(*place, axis)
    assert abs(turned.gap_mm - straight.gap_mm) <= TURNED_GAP_MM
    assert abs(turned.probability - straight.probability) <= TURNED_PROBABILITY
    assert turned.segment == straight.segment


@pytest.mark.parametrize("place", PLACES)
def test_sampled_more_coarsely(place: tuple[float, float]) -> None:
    fine, coarse = said(*place), said(*place, spacing_mm=COARSE_MM)
    assert abs(coarse.gap_mm - fine.gap_mm) <= COARSER_GAP_MM
    assert abs(coarse.probability - fine.probability) <= COARSER_PROBABILITY
    assert coarse.segment == fine.segment


def test_a_mirrored_patient_has_everything_on_the_other_side() -> None:
    """Exactly: same numbers, sides exchanged, x of every point turned round."""
    near, far = known_contact(0.0, 0.5, 9.0).soft, known_contact(0.8, 0.6, 14.0).soft
    patient = _measured({"left": near, "right": far})
    mirrored = _measured({"left": far, "right": near})
    for side, other in (("left", "right"), ("right", "left")):
        one, two = patient.sides[side], mirrored.sides[other]  # type: ignore[index]
        assert said_of(one, FINE_MM) == said_of(two, FINE_MM)
        for place in ("rexp_lps_mm", "rez_lps_mm", "porus_lps_mm"):
            x, y, z = getattr(one, place)
            assert getattr(two, place) == pytest.approx((-x, y, z), abs=2e-3)
        assert one.contact is not None
        assert two.contact is not None
        x, y, z = one.contact.point_lps_mm
        assert (x > 0) == (side == "left")
        assert two.contact.point_lps_mm == pytest.approx((-x, y, z), abs=2e-3)
        assert two.contact.clock_hour == one.contact.clock_hour
        assert two.contact.vessel == one.contact.vessel


def _measured(sides: dict[Side, SoftLabels]) -> Measurements:
    """A patient whose sides show these labels, each laid out from lateral to medial."""
    crops, landmarks = {}, {}
    for side in SIDES:
        soft, sign = sides[side], 1.0 if side == "left" else -1.0
        size = soft.grid.shape[0] * soft.spacing_mm
        grid = side_crop((sign * 12.0, -20.0, -35.0), side, size, soft.spacing_mm)
        crops[side] = SoftLabels(soft.probabilities, grid)
        place: Point = (sign * 12.0, -20.0, -35.0)
        landmarks[side] = SideLandmarks(
            rez_lps_mm=place, rez_confidence=1.0, porus_lps_mm=place, porus_confidence=1.0
        )
    found = Localisation(case="patient", sides=landmarks, reasons={})
    return measure_study(crops, found, FINE_MM, load_settings().measure)
