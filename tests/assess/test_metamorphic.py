"""What must not matter: which side is which, how the head lies, how finely it was sampled.

The limits are those of docs/reference/invariance.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from scipy.spatial.transform import Rotation

from pipeline.assess.calibration import released_calibration
from pipeline.assess.contact import vessel_contact
from pipeline.assess.features import StudyInputs
from pipeline.geometry import side_crop
from pipeline.measure.contact import Surroundings
from pipeline.measure.side import measure_side
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.study import measure_study
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.landmarks import Localisation, SideLandmarks
from pipeline.records.measurements import Measurements, SideMeasurements
from pipeline.settings import load_settings

from ..measure.nerves import known_contact

PLACES = [(0.0, 4.0), (0.4, 9.0), (0.8, 14.0)]
"""Gap and arc length, mm: on the attached segment, at the detachment point, in the cistern."""
ROTATED_GAP_MM, ROTATED_PROBABILITY = 0.08, 0.15
COARSER_GAP_MM, COARSER_PROBABILITY = 0.15, 0.30


@dataclass(frozen=True)
class Said:
    """Of one side: the measured gap, the probability of contact, the segment."""

    gap_mm: float
    probability: float
    segment: str


@cache
def said(gap_mm: float, s_mm: float, axis: str = "", spacing_mm: float = 0.4) -> Said:
    """From the true soft labels of a head turned by 10 degrees, on a grid of this spacing."""
    turn = Rotation.from_euler(axis, 10.0, degrees=True) if axis else None
    known = known_contact(gap_mm, 0.5, s_mm, turn=turn, spacing_mm=spacing_mm)
    around = Surroundings(voxel_mm=spacing_mm, contact_gap_mm=0.2, midline_x_mm=0.0)
    return _said(measure_side(known.soft, around, (0.0, 0.0, 0.0)), spacing_mm)


def _said(side: SideMeasurements, voxel_mm: float) -> Said:
    assert side.contact is not None, side.reasons
    calibration, _ = released_calibration()
    inputs = StudyInputs("t2", voxel_mm, tof_present=True)
    found = vessel_contact(side, inputs, calibration, prevalence=0.5)
    assert found.probability is not None
    return Said(side.contact.min_distance_mm, found.probability, side.contact.segment)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
@pytest.mark.parametrize(("gap_mm", "s_mm"), PLACES)
def test_a_head_turned_by_ten_degrees(gap_mm: float, s_mm: float, axis: str) -> None:
    straight, turned = said(gap_mm, s_mm), said(gap_mm, s_mm, axis)
    assert abs(turned.gap_mm - straight.gap_mm) <= ROTATED_GAP_MM
    assert abs(turned.probability - straight.probability) <= ROTATED_PROBABILITY
    assert turned.segment == straight.segment


@pytest.mark.parametrize(("gap_mm", "s_mm"), PLACES)
def test_sampled_at_06_mm_instead_of_04(gap_mm: float, s_mm: float) -> None:
    fine, coarse = said(gap_mm, s_mm), said(gap_mm, s_mm, spacing_mm=0.6)
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
        assert _said(one, 0.4) == _said(two, 0.4)
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
    return measure_study(crops, found, 0.4, load_settings().measure)
