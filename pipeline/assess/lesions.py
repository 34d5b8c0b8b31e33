"""Mass and aneurysm of one side, from their measurements and the calibration."""

from __future__ import annotations

from dataclasses import replace

from pipeline.assess.calibration import Calibration
from pipeline.assess.features import SideInputs, aneurysm_features, tumour_features
from pipeline.assess.verdict import Verdict, not_shown, not_validated, unless_yes, verdict
from pipeline.records.findings import Aneurysm, Reason, Tumour
from pipeline.records.measurements import AneurysmMeasurement, MassMeasurement

_MIN_ANEURYSM_MM = 3.0
"""Smaller bulges where a branch begins are taken for infundibula, as is usual."""
_MIN_ROUNDNESS = 0.5
"""What is longer is a piece of artery: a cylinder three times as long as wide has 0.55, and true
aneurysms of generated calibration studies 0.57 or more."""


def tumour(
    mass: MassMeasurement | None, inputs: SideInputs, calibration: Calibration, prevalence: float
) -> Tumour:
    """A mass: flagged, not flagged, or not answerable."""
    outside = not_validated(inputs, calibration.validated)
    said = Verdict("cannot_say", outside)
    if not outside:
        said = verdict(calibration.models["tumour"], tumour_features(mass), prevalence)
        said = unless_yes(said, not_shown(inputs))
    return Tumour(
        answer=said.answer,
        reasons=said.reasons,
        probability=said.probability,
        prevalence_assumed=said.prevalence_assumed,
        volume_mm3=mass.volume_mm3 if mass else None,
        max_diameter_mm=mass.max_diameter_mm if mass else None,
        centroid_lps_mm=mass.centroid_lps_mm if mass else None,
        kind=None,
        in_canal_mm=mass.in_canal_mm if mass else None,
        enhancement=mass.enhancement if mass else None,
    )


def aneurysm(
    found: AneurysmMeasurement | None,
    inputs: SideInputs,
    calibration: Calibration,
    prevalence: float,
) -> Aneurysm:
    """An aneurysm: flagged, not flagged, or not answerable; never "no" without TOF.

    What has not the size or the shape of an aneurysm is not called one, however sure the label.
    """
    outside = not_validated(inputs, calibration.validated)
    said = Verdict("cannot_say", outside)
    if not outside:
        model, features = calibration.models["aneurysm"], aneurysm_features(found)
        missing: tuple[Reason, ...] = () if inputs.tof_present else ("no_tof",)
        said = unless_yes(verdict(model, features, prevalence), (*missing, *not_shown(inputs)))
        if said.answer == "yes" and found is not None and not _has_its_shape(found):
            said = replace(said, answer="cannot_say", reasons=("low_probability_margin",))
    return Aneurysm(
        answer=said.answer,
        reasons=said.reasons,
        probability=said.probability,
        prevalence_assumed=said.prevalence_assumed,
        max_diameter_mm=found.max_diameter_mm if found else None,
        neck_mm=found.neck_mm if found else None,
        centroid_lps_mm=found.centroid_lps_mm if found else None,
        parent_vessel=found.parent_vessel if found else None,
        kind=found.kind if found else None,
    )


def unanswered_tumour(reasons: tuple[Reason, ...]) -> Tumour:
    """A mass on a side that was not looked at."""
    return Tumour(
        answer="cannot_say",
        reasons=reasons,
        probability=None,
        prevalence_assumed=None,
        volume_mm3=None,
        max_diameter_mm=None,
        centroid_lps_mm=None,
        kind=None,
        in_canal_mm=None,
        enhancement=None,
    )


def unanswered_aneurysm(reasons: tuple[Reason, ...]) -> Aneurysm:
    """An aneurysm on a side that was not looked at."""
    return Aneurysm(
        answer="cannot_say",
        reasons=reasons,
        probability=None,
        prevalence_assumed=None,
        max_diameter_mm=None,
        neck_mm=None,
        centroid_lps_mm=None,
        parent_vessel=None,
        kind=None,
    )


def _has_its_shape(found: AneurysmMeasurement) -> bool:
    round_enough = found.roundness is None or found.roundness >= _MIN_ROUNDNESS
    return found.max_diameter_mm >= _MIN_ANEURYSM_MM and round_enough
