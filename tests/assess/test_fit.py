"""What fitting on simulated sides must give back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.assess.calibration import Calibration
from pipeline.assess.features import EXPECTED_SIGNS, contact_features
from pipeline.errors import UsageError
from pipeline.evaluate.calibrate import fit_calibration
from pipeline.evaluate.fit_correction import fit_correction, fit_interval_factor
from pipeline.evaluate.fit_logistic import fit_logistic
from pipeline.evaluate.fit_names import fit_name_reliability
from pipeline.measure.uncertainty import standard_uncertainty
from pipeline.phantom.truth import SideTruth
from pipeline.records.findings import Vessel, VesselName

from .simulated import simulated_sides, truth


def test_correction_removes_the_bias(calibration: Calibration) -> None:
    for gap in (0.4, 0.8, 1.5, 2.5):
        assert calibration.gap.apply(gap + 0.1) == pytest.approx(gap, abs=0.08)
    assert calibration.gap.apply(0.05) < 0.05


def test_correction_is_monotone_and_stays_put_without_data() -> None:
    wild = fit_correction([0.5, 0.6, 0.7] * 20, [0.9, 0.1, 0.8] * 20, (0.0, 0.5, 1.0, 2.0))
    assert all(np.diff(wild.true) >= 0)
    nothing = fit_correction([], [], (0.0, 0.5, 1.0))
    assert nothing.true == pytest.approx((0.0, 0.5, 1.0))


def test_interval_covers_ninety_percent() -> None:
    rng = np.random.default_rng(0)
    error, sigma = rng.normal(0, 0.3, 4000), np.full(4000, 0.15)
    factor = fit_interval_factor(list(error[:2000]), [0.0] * 2000, list(sigma[:2000]))
    assert np.mean(np.abs(error[2000:]) <= factor * 0.15) == pytest.approx(0.9, abs=0.03)


def test_intervals_of_the_calibration_cover(calibration: Calibration) -> None:
    sides = [s for s in simulated_sides(600, seed=9) if s.measured.contact]
    covered = []
    for side in sides:
        contact = side.measured.contact
        assert contact is not None
        gap = calibration.gap.apply(contact.min_distance_mm)
        sigma = standard_uncertainty(contact.min_distance_mm, contact.distance_interval_mm)
        covered.append(abs(gap - side.truth.gap_mm) <= calibration.interval_factor * sigma)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.04)


def test_names_are_trusted_as_far_as_they_were_right() -> None:
    aica = Vessel(name="AICA", name_probability=0.8, diameter_mm=0.7)
    vein = Vessel(name="vein", name_probability=None, diameter_mm=None)
    lost = Vessel(name="unnamed", name_probability=None, diameter_mm=0.5)
    true: list[tuple[Vessel, VesselName]] = [(aica, "AICA")] * 40 + [(aica, "PICA")] * 60
    true += [(vein, "vein")] * 30 + [(vein, "AICA")] * 70 + [(lost, "AICA")] * 50
    fitted = fit_name_reliability(true)
    assert fitted == {
        "AICA": pytest.approx(40 / 80, abs=0.01),
        "vein": pytest.approx(30 / 100, abs=0.01),
    }


def test_names_promise_no_more_than_they_said_and_one_side_shows_little() -> None:
    modest = Vessel(name="PICA", name_probability=0.4, diameter_mm=1.5)
    assert fit_name_reliability([(modest, "PICA")] * 50) == {"PICA": 1.0}
    sure = Vessel(name="SCA", name_probability=1.0, diameter_mm=1.5)
    assert fit_name_reliability([(sure, "SCA")])["SCA"] == 0.75
    assert fit_name_reliability([(sure, "AICA")])["SCA"] == 0.25


def test_intervals_cover_on_the_harder_of_two_generators() -> None:
    easy = simulated_sides(160)
    hard = [
        replace(side, generator_version="2", truth=_off(side.truth, number))
        for number, side in enumerate(simulated_sides(160, seed=6))
    ]
    truths = [truth(seed) for seed in range(160)]
    alone = [fit_calibration(sides, truths) for sides in (easy, hard)]
    both = fit_calibration([*easy, *hard], truths)
    assert alone[1].interval_factor > 1.5 * alone[0].interval_factor
    assert both.interval_factor >= alone[1].interval_factor


def _off(true: SideTruth, number: int) -> SideTruth:
    """The truth of a side on which every seventh gap was measured 1.2 mm too small."""
    return true.model_copy(update={"gap_mm": true.gap_mm + (0.0 if number % 7 else 1.2)})


def test_signs_make_clinical_sense(calibration: Calibration) -> None:
    for model in calibration.models.values():
        for name, coefficient in model.coefficients.items():
            assert coefficient * EXPECTED_SIGNS[name] >= 0
    assert calibration.models["contact"].coefficients
    assert calibration.models["tumour"].coefficients


def test_thresholds_reach_their_targets_on_new_sides(calibration: Calibration) -> None:
    model = calibration.models["contact"]
    assert model.no_up_to < model.yes_from
    scores: dict[bool, list[float]] = {True: [], False: []}
    for side in simulated_sides(900, seed=11):
        contact = side.measured.contact
        assert contact is not None
        features = contact_features(contact, calibration.gap)
        scores[side.truth.gap_mm < 0.05].append(model.log_likelihood_ratio(features))
    assert np.mean(np.array(scores[False]) < model.yes_from) > 0.85
    assert np.mean(np.array(scores[True]) > model.no_up_to) > 0.87


def test_probabilities_are_calibrated_at_the_prevalence_of_the_fit(
    calibration: Calibration,
) -> None:
    model = calibration.models["contact"]
    assert model.prevalence_in_fit == pytest.approx(
        model.positives / (model.positives + model.negatives)
    )


def test_a_feature_that_goes_the_wrong_way_is_left_out() -> None:
    rng = np.random.default_rng(2)
    present = [i % 2 == 0 for i in range(60)]
    features = [
        {
            "log_volume": 2.0 * p + float(rng.normal(0, 1)),
            "mean_probability": -1.0 * p + float(rng.normal(0, 0.3)),
        }
        for p in present
    ]
    model = fit_logistic("tumour", features, present, specificity=0.95, sensitivity=0.95)
    assert set(model.coefficients) == {"log_volume"}


def test_nothing_measured_is_always_answered_no(calibration: Calibration) -> None:
    for name in ("tumour", "aneurysm"):
        model = calibration.models[name]  # type: ignore[index]
        nothing = dict.fromkeys(model.coefficients, 0.0)
        assert model.log_likelihood_ratio(nothing) <= model.no_up_to < model.yes_from


def test_a_contact_needs_evidence_whatever_the_targets_allow() -> None:
    """Measurements that hardly differ: their best thresholds lie beside an even chance."""
    rng = np.random.default_rng(3)
    present = [True] * 60 + [False] * 60
    features = [{"gap_mm": float(g)} for g in rng.normal([0.5 - 0.1 * p for p in present], 0.5)]
    model = fit_logistic("contact", features, present, specificity=0.3, sensitivity=0.3)
    assert model.yes_from >= np.log(2.0)
    assert model.no_up_to <= -np.log(2.0)
    weak = fit_logistic("tumour", [
        {"log_volume": -f["gap_mm"], "mean_probability": 0.0} for f in features
    ], present, specificity=0.3, sensitivity=0.3)  # fmt: skip
    assert weak.yes_from < np.log(2.0)


def test_too_few_sides_are_refused() -> None:
    with pytest.raises(UsageError, match="too few"):
        fit_calibration(simulated_sides(24), [truth()])
    with pytest.raises(UsageError, match="measured on 6"):
        fit_calibration(simulated_sides(6), [truth()])


def test_the_record_says_what_it_was_fitted_on(calibration: Calibration) -> None:
    assert "120 generated (synthetic) studies" in calibration.calibrated_on
    assert calibration.validated.references == ("t2",)
    assert 0.7 < calibration.validated.max_voxel_mm <= 0.75


def test_nothing_found_is_no_answer_where_most_lesions_show_nothing() -> None:
    shown = {"log_volume": 4.0, "mean_probability": 0.9}
    blank = {"log_volume": 0.0, "mean_probability": 0.0}
    for found, answerable in ((18, True), (4, False)):
        features = [shown] * found + [blank] * (20 - found) + [blank] * 40
        present = [True] * 20 + [False] * 40
        model = fit_logistic("tumour", features, present, specificity=0.9, sensitivity=0.9)
        assert (model.log_likelihood_ratio(blank) <= model.no_up_to) is answerable
        assert model.log_likelihood_ratio(shown) >= model.yes_from
