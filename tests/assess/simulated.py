"""Simulated measurements with their truth, to fit a calibration by the product's own code."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.assess.calibration import Calibration
from pipeline.assess.features import SideInputs
from pipeline.evaluate.calibrate import CalibrationSide, fit_calibration
from pipeline.measure.uncertainty import uncalibrated_interval
from pipeline.phantom.truth import LesionTruth, SideTruth, Truth
from pipeline.records.findings import Vessel
from pipeline.records.measurements import (
    AneurysmMeasurement,
    ContactMeasurement,
    MassMeasurement,
    SideMeasurements,
)

ORIGIN = (0.0, 0.0, 0.0)
VOXEL_MM = 0.5


def side_truth(gap_mm: float = 2.0, **changes: Any) -> SideTruth:
    """A side's truth; a contact is of grade contact unless told otherwise."""
    grade = "contact" if gap_mm < 0.05 else "near" if gap_mm <= 1.0 else "none"
    values: dict[str, Any] = {
        "rez_in_slab": True,
        "rexp_lps_mm": ORIGIN,
        "rez_lps_mm": ORIGIN,
        "rdp_lps_mm": ORIGIN,
        "tz_end_lps_mm": ORIGIN,
        "porus_lps_mm": ORIGIN,
        "nerve_centreline_lps_mm": (ORIGIN,),
        "nerve_radius_mm": 0.6,
        "gap_mm": gap_mm,
        "grade": grade,
        "segment": "AS",
        "distance_from_rexp_mm": 5.0,
        "contact_point_lps_mm": ORIGIN,
        "vessel": "AICA",
        "vessel_diameter_mm": 0.8,
        "deviation_mm": 0.0,
        "indentation_fraction": 0.0,
        "tumour": None,
        "aneurysm": None,
    }
    return SideTruth.model_validate(values | changes)


def truth(seed: int = 1, **changes: Any) -> Truth:
    values: dict[str, Any] = {
        "generator_version": "1",
        "seed": seed,
        "study_instance_uid": f"1.2.{seed}",
        "sequences": ("t2", "tof"),
        "reference": "t2",
        "voxel_mm": (VOXEL_MM,) * 3,
        "sides": {"left": side_truth(), "right": side_truth()},
    }
    return Truth.model_validate(values | changes)


def lesion_truth(**changes: Any) -> LesionTruth:
    values: dict[str, Any] = {
        "kind": "vestibular_schwannoma",
        "volume_mm3": 500.0,
        "max_diameter_mm": 10.0,
        "centroid_lps_mm": ORIGIN,
    }
    return LesionTruth.model_validate(values | changes)


def contact_measurement(gap_mm: float = 0.8, **changes: Any) -> ContactMeasurement:
    spread = changes.get("spread_mm", 0.05)
    values: dict[str, Any] = {
        "min_distance_mm": gap_mm,
        "distance_interval_mm": uncalibrated_interval(gap_mm, spread, VOXEL_MM),
        "spread_mm": spread,
        "vessel_beside_nerve": max(0.0, 0.8 - 0.4 * gap_mm),
        "csf_cleft_mm": gap_mm + 0.1,
        "segment": "AS",
        "distance_from_rexp_mm": 5.2,
        "point_lps_mm": (10.0, -20.0, -30.0),
        "contact_length_mm": 1.0,
        "contact_area_mm2": 0.4,
        "clock_hour": 6.0,
        "crossing_angle_deg": 80.0,
        "deviation_mm": 0.1,
        "indentation_fraction": 0.05,
        "pattern": "undetermined",
        "vessel": Vessel(name="unnamed", name_probability=None, diameter_mm=0.8),
        "other_vessels": (),
    }
    return ContactMeasurement.model_validate(values | changes)


def mass(volume_mm3: float = 300.0, **changes: Any) -> MassMeasurement:
    values: dict[str, Any] = {
        "volume_mm3": volume_mm3,
        "max_diameter_mm": 9.0,
        "centroid_lps_mm": (15.0, -20.0, -30.0),
        "mean_probability": 0.9,
        "in_canal_mm": None,
        "enhancement": None,
    }
    return MassMeasurement.model_validate(values | changes)


def aneurysm(volume_mm3: float = 60.0, **changes: Any) -> AneurysmMeasurement:
    values: dict[str, Any] = {
        "volume_mm3": volume_mm3,
        "max_diameter_mm": 5.0,
        "centroid_lps_mm": (4.0, -22.0, -30.0),
        "mean_probability": 0.9,
        "neck_mm": None,
    }
    return AneurysmMeasurement.model_validate(values | changes)


def side_measurements(**changes: Any) -> SideMeasurements:
    values: dict[str, Any] = {
        "reasons": (),
        "rez_lps_mm": (12.0, -18.0, -35.0),
        "rexp_lps_mm": (11.0, -18.0, -40.0),
        "rdp_lps_mm": (12.0, -18.0, -32.0),
        "tz_end_lps_mm": (13.0, -18.0, -30.0),
        "porus_lps_mm": (22.0, -24.0, -28.0),
        "nerve_length_mm": 19.0,
        "nerve_diameter_mm": 1.1,
        "profile": (),
        "contact": contact_measurement(),
        "mass": None,
        "aneurysm": None,
    }
    return SideMeasurements.model_validate(values | changes)


def inputs(
    *,
    tof: bool = True,
    voxel_mm: float = VOXEL_MM,
    reference: str = "t2",
    snr: float | None = None,
    all_around: bool = True,
) -> SideInputs:
    return SideInputs(reference, voxel_mm, tof, snr, all_around)  # type: ignore[arg-type]


def simulated_sides(count: int = 240, seed: int = 5) -> list[CalibrationSide]:
    """Sides measured with a bias of +0.1 mm and noise of 0.12 mm; most lesions found."""
    rng = np.random.default_rng(seed)
    return [_simulated_side(index, rng) for index in range(count)]


def simulated_calibration() -> Calibration:
    sides = simulated_sides()
    return fit_calibration(sides, [truth(seed) for seed in range(len(sides) // 2)])


def _simulated_side(index: int, rng: np.random.Generator) -> CalibrationSide:
    gap = [0.0, float(rng.uniform(0.3, 1.0)), float(rng.uniform(1.0, 3.0))][index % 3]
    tumour = index % 7 == 0
    outpouching = not tumour and index % 5 == 0
    spread = float(rng.uniform(0.02, 0.12))
    measured_gap = abs(gap + 0.1 + float(rng.normal(0.0, 0.12)))
    measured = side_measurements(
        contact=contact_measurement(measured_gap, spread_mm=spread),
        mass=mass(float(rng.uniform(30, 900))) if tumour and rng.random() < 0.97 else None,
        aneurysm=_aneurysm(rng) if outpouching or rng.random() < 0.04 else None,
    )
    true = side_truth(
        gap,
        tumour=lesion_truth() if tumour else None,
        aneurysm=lesion_truth(kind="saccular") if outpouching else None,
    )
    voxel = float(rng.uniform(0.45, 0.75))
    seen = inputs(tof=index % 4 != 3, voxel_mm=voxel)
    return CalibrationSide(f"{index // 2:012x}", "1", true, measured, seen)


def _aneurysm(rng: np.random.Generator) -> AneurysmMeasurement:
    return aneurysm(float(rng.uniform(10, 200)), mean_probability=float(rng.uniform(0.6, 0.95)))
