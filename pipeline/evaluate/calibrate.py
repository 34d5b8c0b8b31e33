"""Making the calibration from measurements of generated calibration studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import __version__
from pipeline.assess.calibration import (
    Calibration,
    Correction,
    LogisticModel,
    ValidatedInputs,
)
from pipeline.assess.features import (
    SideInputs,
    aneurysm_features,
    contact_features,
    side_inputs,
    tumour_features,
)
from pipeline.errors import UsageError
from pipeline.evaluate.fit_correction import fit_correction, fit_interval_factor
from pipeline.evaluate.fit_logistic import MIN_SIDES, fit_logistic
from pipeline.evaluate.fit_names import fit_name_reliability
from pipeline.evaluate.generated import GeneratedResult, generated_results
from pipeline.evaluate.known import touch_of
from pipeline.measure.uncertainty import standard_uncertainty
from pipeline.paths import OutputFolder
from pipeline.phantom.truth import SideTruth, Truth
from pipeline.records.base import SIDES
from pipeline.records.landmarks import Segmentation
from pipeline.records.measurements import ContactMeasurement, Measurements, SideMeasurements
from pipeline.records.volumes import Preparation

_GAP_KNOTS_MM = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0)
_DEVIATION_KNOTS_MM = (0.0, 0.25, 0.5, 1.0, 2.0)
_INDENTATION_KNOTS = (0.0, 0.1, 0.2, 0.4, 0.8)
_WRONG_PLACE_MM = 1.5
"""A gap further off than this was measured at another vessel; it says nothing about the bias of
a boundary, and is left out of the correction, but not of the interval."""
_INTERVAL_UP_TO_MM = 3.0
_CONTACT_TARGETS = {"specificity": 0.90, "sensitivity": 0.92}
_LESION_TARGETS = {"specificity": 0.95, "sensitivity": 0.95}
"""What the thresholds are chosen for on the calibration studies."""


@dataclass(frozen=True)
class CalibrationSide:
    """One side that was segmented: its truth and its measurements."""

    case: str
    generator_version: str
    truth: SideTruth
    measured: SideMeasurements
    inputs: SideInputs


def calibrate(data: Path, results: OutputFolder, destination: Path) -> Calibration:
    """Fit all models on the studies below `data` and write the calibration as JSON.

    The results need the stages up to measure only, so that a first calibration can be made.
    Raises UsageError where there are too few studies or sides.
    """
    pairs = measured_studies(data, results)
    sides = [side for pair in pairs for side in calibration_sides(pair)]
    calibration = fit_calibration(sides, [pair.truth for pair in pairs])
    calibration.write(destination)
    return calibration


def measured_studies(data: Path, results: OutputFolder) -> list[GeneratedResult]:
    """The studies below `data` that were measured; UsageError where none was."""
    pairs = [
        pair for pair in generated_results(data, results) if pair.folder.record("measure").exists()
    ]
    if not pairs:
        raise UsageError("none of the calibration studies was measured; run the stages first")
    return pairs


def fit_calibration(sides: Sequence[CalibrationSide], truths: Sequence[Truth]) -> Calibration:
    """All corrections, intervals and models; `truths`: of the studies, for the record."""
    with_contact = [(s, s.measured.contact) for s in sides if s.measured.contact]
    if len(with_contact) < MIN_SIDES:
        raise UsageError(
            f"the nerve was measured on {len(with_contact)} calibration sides only; generate "
            "more studies, or look at why the nerve is not found"
        )
    gap = _gap_correction(with_contact)
    return Calibration(
        version=__version__,
        calibrated_on=_described(truths),
        generator_versions=tuple(sorted({truth.generator_version for truth in truths})),
        studies=len(truths),
        sides=len(sides),
        gap=gap,
        deviation=_deviation_correction(with_contact),
        indentation=_indentation_correction(with_contact),
        interval_factor=_interval_factor(with_contact, gap),
        name_reliability=fit_name_reliability(
            [(contact.vessel, side.truth.vessel) for side, contact in with_contact]
        ),
        models={
            "contact": _contact_model(with_contact, gap),
            "tumour": _tumour_model(sides),
            "aneurysm": _aneurysm_model(sides),
        },
        validated=ValidatedInputs(
            references=tuple(sorted({side.inputs.reference for side in sides})),
            max_voxel_mm=round(max(side.inputs.voxel_mm for side in sides), 3),
            min_snr=_least_snr(sides),
        ),
    )


def calibration_sides(pair: GeneratedResult) -> list[CalibrationSide]:
    """The sides of a study that were segmented and whose root exit zone lies in the slab."""
    measurements = Measurements.read(pair.folder.record("measure"))
    segmentation = Segmentation.read(pair.folder.record("segment"))
    preparation = Preparation.read(pair.folder.record("prepare"))
    return [
        CalibrationSide(
            pair.folder.case,
            pair.truth.generator_version,
            pair.truth.sides[side],
            measurements.sides[side],
            side_inputs(preparation, segmentation, side),
        )
        for side in SIDES
        if side in segmentation.localisation.sides and pair.truth.sides[side].rez_in_slab
    ]


def _least_snr(sides: Sequence[CalibrationSide]) -> float | None:
    known = [side.inputs.snr for side in sides if side.inputs.snr is not None]
    return round(min(known), 2) if known else None


Measured = Sequence[tuple[CalibrationSide, ContactMeasurement]]


def _described(truths: Sequence[Truth]) -> str:
    seeds = sorted(truth.seed for truth in truths)
    versions = ", ".join(sorted({truth.generator_version for truth in truths}))
    return (
        f"{len(truths)} generated (synthetic) studies, generator version {versions}, "
        f"seeds {seeds[0]} to {seeds[-1]}"
    )


def _gap_correction(sides: Measured) -> Correction:
    near = [
        (contact.min_distance_mm, side.truth.gap_mm)
        for side, contact in sides
        if abs(contact.min_distance_mm - side.truth.gap_mm) <= _WRONG_PLACE_MM
    ]
    return fit_correction([m for m, _ in near], [t for _, t in near], _GAP_KNOTS_MM)


def _interval_factor(sides: Measured, gap: Correction) -> float:
    """The largest over the generators.

    Nobody knows which of them a patient is more like, and an interval that covers on the mean of
    an easy and a hard anatomy does not cover on the hard one.
    """
    used = [(s, c) for s, c in sides if s.truth.gap_mm <= _INTERVAL_UP_TO_MM]
    versions = {side.generator_version for side, _ in used}
    return max(
        _interval_factor_of([(s, c) for s, c in used if s.generator_version == version], gap)
        for version in versions
    )


def _interval_factor_of(sides: Measured, gap: Correction) -> float:
    return fit_interval_factor(
        [gap.apply(c.min_distance_mm) for _, c in sides],
        [s.truth.gap_mm for s, _ in sides],
        [standard_uncertainty(c.min_distance_mm, c.distance_interval_mm) for _, c in sides],
    )


def _touching(sides: Measured) -> Measured:
    return [(side, contact) for side, contact in sides if touch_of(side.truth.gap_mm) == "contact"]


def _deviation_correction(sides: Measured) -> Correction:
    known = [
        (c.deviation_mm, s.truth.deviation_mm)
        for s, c in _touching(sides)
        if c.deviation_mm is not None
    ]
    return fit_correction([m for m, _ in known], [t for _, t in known], _DEVIATION_KNOTS_MM)


def _indentation_correction(sides: Measured) -> Correction:
    known = [
        (c.indentation_fraction, s.truth.indentation_fraction)
        for s, c in _touching(sides)
        if c.indentation_fraction is not None
    ]
    return fit_correction([m for m, _ in known], [t for _, t in known], _INDENTATION_KNOTS)


def _contact_model(sides: Measured, gap: Correction) -> LogisticModel:
    """Sides in contact against clear ones; gaps of 0.05-0.3 mm belong to neither."""
    decided = [(s, c) for s, c in sides if touch_of(s.truth.gap_mm) != "blurred"]
    return fit_logistic(
        "contact",
        [contact_features(contact, gap) for _, contact in decided],
        [touch_of(side.truth.gap_mm) == "contact" for side, _ in decided],
        **_CONTACT_TARGETS,
    )


def _tumour_model(sides: Sequence[CalibrationSide]) -> LogisticModel:
    return fit_logistic(
        "tumour",
        [tumour_features(side.measured.mass) for side in sides],
        [side.truth.tumour is not None for side in sides],
        **_LESION_TARGETS,
    )


def _aneurysm_model(sides: Sequence[CalibrationSide]) -> LogisticModel:
    return fit_logistic(
        "aneurysm",
        [aneurysm_features(side.measured.aneurysm) for side in sides],
        [side.truth.aneurysm is not None for side in sides],
        **_LESION_TARGETS,
    )
