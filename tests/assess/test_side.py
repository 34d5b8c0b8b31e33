"""Answers of one side."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from pipeline.assess.calibration import Correction
from pipeline.assess.contact import calibrated_profile, vessel_contact
from pipeline.assess.grade import grade
from pipeline.assess.lesions import aneurysm, tumour
from pipeline.assess.study import Yardstick, assess_side
from pipeline.assess.verdict import not_validated
from pipeline.records.findings import (
    OtherVessel,
    ProfilePoint,
    Vessel,
    VesselContact,
    VesselName,
)

from . import simulated


def _contact(yardstick: Yardstick, gap_mm: float, **changes: object) -> VesselContact:
    measured = simulated.contact_measurement(gap_mm, **changes)
    side = simulated.side_measurements(contact=measured)
    return vessel_contact(side, simulated.inputs(), yardstick.calibration, 0.5)


def test_touching_is_yes_and_far_is_no(yardstick: Yardstick) -> None:
    touching, far = _contact(yardstick, 0.05), _contact(yardstick, 2.0)
    assert (touching.answer, touching.grade) == ("yes", "contact")
    assert (far.answer, far.grade) == ("no", "none")
    assert touching.probability is not None
    assert far.probability is not None
    assert touching.probability > 0.8
    assert far.probability < 0.2
    assert _contact(yardstick, 0.9).grade == "near"


def test_gap_is_corrected_and_its_interval_calibrated(yardstick: Yardstick) -> None:
    found = _contact(yardstick, 0.9)
    assert found.min_distance_mm == pytest.approx(0.8, abs=0.08)
    assert found.distance_interval_mm is not None
    low, high = found.distance_interval_mm
    sigma = math.hypot(0.05, 0.3 * simulated.VOXEL_MM)
    assert high - low == pytest.approx(2 * yardstick.calibration.interval_factor * sigma, rel=1e-6)
    assert _contact(yardstick, 0.05).distance_interval_mm[0] == 0.0  # type: ignore[index]


def test_prevalence_shifts_the_probability_but_not_the_answer(yardstick: Yardstick) -> None:
    measured = simulated.side_measurements(contact=simulated.contact_measurement(0.05))
    often, rarely = (
        vessel_contact(measured, simulated.inputs(), yardstick.calibration, p) for p in (0.5, 0.1)
    )
    assert often.answer == rarely.answer == "yes"
    assert often.likelihood_ratio == rarely.likelihood_ratio
    assert often.probability is not None
    assert rarely.probability is not None
    odds = [p / (1 - p) for p in (often.probability, rarely.probability)]
    assert odds[0] / odds[1] == pytest.approx(9.0)
    assert rarely.prevalence_assumed == 0.1


def test_disagreeing_variants_span_the_decision(yardstick: Yardstick) -> None:
    found = _contact(yardstick, 0.3, spread_mm=0.6, csf_cleft_mm=0.3)
    assert found.answer == "cannot_say"
    assert found.reasons == ("interval_spans_decision",)
    assert found.grade is None
    assert found.probability_interval is not None
    low, high = found.probability_interval
    assert found.probability is not None
    assert low < found.probability < high


def test_between_the_thresholds_is_cannot_say(yardstick: Yardstick) -> None:
    answers = {
        gap: _contact(yardstick, gap, spread_mm=0.0)
        for gap in [0.1 + 0.01 * step for step in range(60)]
    }
    between = [f for f in answers.values() if f.answer == "cannot_say"]
    assert all(f.reasons == ("low_probability_margin",) for f in between)
    order = [f.answer for f in answers.values()]
    assert order == sorted(order, key=["yes", "cannot_say", "no"].index)


def test_no_answer_stands_beside_a_gap_that_says_the_opposite(yardstick: Yardstick) -> None:
    """Touching, yet with wide fluid and no vessel beside; apart, yet with a vessel beside."""
    touching = _contact(yardstick, 0.0, csf_cleft_mm=2.0, vessel_beside_nerve=0.0)
    apart = _contact(yardstick, 0.6, csf_cleft_mm=0.0, vessel_beside_nerve=1.0)
    model = yardstick.calibration.models["contact"]
    assert math.log(touching.likelihood_ratio or 0.0) <= model.no_up_to
    assert math.log(apart.likelihood_ratio or 0.0) >= model.yes_from
    assert touching.min_distance_mm is not None
    assert apart.min_distance_mm is not None
    assert touching.min_distance_mm < 0.05
    assert apart.min_distance_mm >= 0.3
    for found in (touching, apart):
        assert (found.answer, found.reasons) == ("cannot_say", ("low_probability_margin",))


def test_unmeasured_side_carries_its_reasons(yardstick: Yardstick) -> None:
    side = simulated.side_measurements(contact=None, reasons=("nerve_not_traceable",))
    found = assess_side(side, simulated.inputs(), yardstick, looked_at=True)
    assert found.vessel_contact.answer == "cannot_say"
    assert found.vessel_contact.reasons == ("nerve_not_traceable",)
    assert found.vessel_contact.probability is None
    assert found.assessability.status == "degraded"
    assert found.tumour.answer == "no"


def test_side_without_crop_answers_nothing(yardstick: Yardstick) -> None:
    side = simulated.side_measurements(contact=None, reasons=("outside_slab",))
    found = assess_side(side, simulated.inputs(), yardstick, looked_at=False)
    answers = {found.vessel_contact.answer, found.tumour.answer, found.aneurysm.answer}
    assert answers == {"cannot_say"}
    assert found.assessability.status == "not_assessable"
    assert found.tumour.reasons == ("outside_slab",)


def test_inputs_that_were_not_validated_get_no_probability(yardstick: Yardstick) -> None:
    side = simulated.side_measurements(contact=simulated.contact_measurement(0.0))
    for inputs, reason in (
        (simulated.inputs(reference="tof"), "no_t2"),
        (simulated.inputs(voxel_mm=0.95), "image_quality"),
    ):
        found = assess_side(side, inputs, yardstick, looked_at=True)
        assert found.vessel_contact.answer == "cannot_say"
        assert found.vessel_contact.reasons == (reason,)
        assert found.vessel_contact.probability is None
        assert found.tumour.answer == "cannot_say"


def test_a_mass_on_inputs_that_were_not_validated_is_not_flagged(yardstick: Yardstick) -> None:
    calibration, inputs = yardstick.calibration, simulated.inputs(reference="tof")
    large = tumour(simulated.mass(), inputs, calibration, 0.01)
    assert (large.answer, large.reasons, large.probability) == ("cannot_say", ("no_t2",), None)
    assert large.max_diameter_mm == 9.0
    bulge = aneurysm(simulated.aneurysm(), inputs, calibration, 0.01)
    assert (bulge.answer, bulge.reasons) == ("cannot_say", ("no_t2",))


def test_lesions_by_size(yardstick: Yardstick) -> None:
    calibration, inputs = yardstick.calibration, simulated.inputs()
    large = tumour(simulated.mass(), inputs, calibration, 0.01)
    none = tumour(None, inputs, calibration, 0.01)
    assert (large.answer, none.answer) == ("yes", "no")
    assert large.max_diameter_mm == 9.0
    assert none.volume_mm3 is None
    assert large.probability is not None
    assert none.probability is not None
    assert none.probability < 0.01 < large.probability


def test_aneurysm_is_never_no_without_tof(yardstick: Yardstick) -> None:
    calibration = yardstick.calibration
    without = aneurysm(None, simulated.inputs(tof=False), calibration, 0.01)
    assert (without.answer, without.reasons) == ("cannot_say", ("no_tof",))
    assert aneurysm(None, simulated.inputs(), calibration, 0.01).answer == "no"
    flagged = aneurysm(simulated.aneurysm(), simulated.inputs(), calibration, 0.01)
    assert (flagged.answer, flagged.reasons) == ("yes", ())


def test_where_the_slab_ends_beside_the_nerve_nothing_is_called_absent(
    yardstick: Yardstick,
) -> None:
    cut = simulated.inputs(all_around=False)
    apart = simulated.side_measurements(contact=simulated.contact_measurement(2.5))
    found = assess_side(apart, cut, yardstick, looked_at=True)
    for finding in (found.vessel_contact, found.tumour, found.aneurysm):
        assert (finding.answer, finding.reasons) == ("cannot_say", ("partly_outside",))
    assert found.assessability.reasons == ("partly_outside",)

    touching = simulated.side_measurements(contact=simulated.contact_measurement(0.0))
    assert assess_side(touching, cut, yardstick, looked_at=True).vessel_contact.answer == "yes"
    assert tumour(simulated.mass(), cut, yardstick.calibration, 0.01).answer == "yes"


def test_a_correction_that_says_nothing_gives_no_value(yardstick: Yardstick) -> None:
    nothing = Correction(measured=(0.0, 0.4, 0.8), true=(0.0, 0.0, 0.0))
    calibration = yardstick.calibration.model_copy(update={"indentation": nothing})
    blind = replace(yardstick, calibration=calibration)
    dented = simulated.contact_measurement(0.0).model_copy(update={"indentation_fraction": 0.6})
    side = simulated.side_measurements(contact=dented)
    found = assess_side(side, simulated.inputs(), blind, looked_at=True).vessel_contact
    assert found.indentation_fraction is None
    assert found.grade in {"contact", "deviation"}


@pytest.mark.parametrize(
    ("gap", "answer", "segment", "deviation", "indentation", "expected"),
    [
        (1.01, "no", "CP", None, None, "none"),
        (1.0, "no", "CP", 2.0, 0.9, "near"),
        (0.0, "yes", "CP", None, None, "contact"),
        (0.0, "yes", "CP", 0.49, 0.19, "contact"),
        (0.0, "yes", "CP", 0.5, 0.0, "deviation"),
        (0.0, "yes", "AS", 0.35, 0.0, "deviation"),
        (0.0, "yes", "RDP_TZ", 0.49, 0.0, "contact"),
        (0.0, "yes", "AS", 2.0, 0.2, "indentation"),
        (0.0, "cannot_say", "AS", 2.0, 0.2, None),
    ],
)
def test_grade_follows_the_contract(
    gap: float,
    answer: str,
    segment: str,
    deviation: float | None,
    indentation: float | None,
    expected: str | None,
) -> None:
    assert grade(answer, gap, segment, deviation, indentation) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "promised", "told"),
    [
        ("AICA", 0.9, ("AICA", 0.72)),
        ("AICA", 0.6, ("unnamed", None)),
        ("PICA", 1.0, ("unnamed", None)),
        ("vein", None, ("vein", 0.7)),
        ("SCA", 1.0, ("unnamed", None)),
        ("unnamed", None, ("unnamed", None)),
    ],
)
def test_only_names_that_are_more_likely_right_than_wrong_are_told(
    yardstick: Yardstick,
    name: VesselName,
    promised: float | None,
    told: tuple[VesselName, float | None],
) -> None:
    reliability: dict[VesselName, float] = {
        "AICA": 0.8,
        "PICA": 0.3,
        "vein": 0.7,
    }  # SCA never given
    calibration = yardstick.calibration.model_copy(update={"name_reliability": reliability})
    vessel = Vessel(name=name, name_probability=promised, diameter_mm=0.8)
    other = OtherVessel(
        vessel=vessel, min_distance_mm=1.0, segment="AS", point_lps_mm=(0.0, 0.0, 0.0)
    )
    side = simulated.side_measurements(
        contact=simulated.contact_measurement(0.5, vessel=vessel, other_vessels=(other,))
    )
    found = vessel_contact(side, simulated.inputs(), calibration, 0.5)
    for given in (found.vessel, found.other_vessels[0].vessel):
        assert given is not None
        assert (given.name, given.diameter_mm) == (told[0], 0.8)
        assert given.name_probability == (pytest.approx(told[1]) if told[1] else None)


def test_profile_is_corrected_point_by_point(yardstick: Yardstick) -> None:
    known = ProfilePoint(
        s_mm=1.0,
        point_lps_mm=(0.0, 0.0, 0.0),
        segment="RExP",
        gap_mm=0.9,
        gap_interval_mm=(0.6, 1.2),
        nearest_vessel="artery",
    )
    unknown = known.model_copy(update={"gap_mm": None, "gap_interval_mm": None})
    first, second = calibrated_profile((known, unknown), yardstick.calibration)
    assert first.gap_mm == pytest.approx(0.8, abs=0.08)
    assert first.gap_interval_mm is not None
    half = 0.3 / 1.645 * yardstick.calibration.interval_factor
    assert first.gap_interval_mm[1] - (first.gap_mm or 0.0) == pytest.approx(half)
    assert second == unknown


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"roundness": 0.8}, "yes"),
        ({"roundness": None}, "yes"),
        ({"roundness": 0.4}, "cannot_say"),
        ({"roundness": 0.8, "max_diameter_mm": 2.9}, "cannot_say"),
    ],
)
def test_infundibula_and_pieces_of_artery_are_not_called_aneurysms(
    yardstick: Yardstick, changes: dict[str, Any], answer: str
) -> None:
    found = simulated.aneurysm(**changes, parent_vessel="VA", kind="saccular")
    said = aneurysm(found, simulated.inputs(), yardstick.calibration, 0.01)
    assert said.answer == answer
    assert said.reasons == (() if answer == "yes" else ("low_probability_margin",))
    assert said.probability is not None
    assert (said.parent_vessel, said.kind) == ("VA", "saccular")


@pytest.mark.parametrize(
    ("snr", "least", "reasons"),
    [
        (20.0, 12.0, ()),
        (11.5, 12.0, ()),
        (9.0, 12.0, ("image_quality",)),
        (9.0, None, ()),
        (None, 12.0, ()),
    ],
)
def test_more_noise_than_was_validated_gives_no_answer(
    yardstick: Yardstick, snr: float | None, least: float | None, reasons: tuple[str, ...]
) -> None:
    validated = yardstick.calibration.validated.model_copy(update={"min_snr": least})
    assert not_validated(simulated.inputs(snr=snr), validated) == reasons
