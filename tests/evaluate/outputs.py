"""A hand-made pair of truth and results with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.assess.contact import unanswered_contact
from pipeline.assess.lesions import unanswered_aneurysm, unanswered_tumour
from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.phantom.truth import SideTruth, Truth
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.findings import (
    Assessability,
    Calibres,
    Evidence,
    Findings,
    Impression,
    Quality,
    SequenceUsed,
    SideFindings,
)
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation, Segmentation, SideLandmarks
from pipeline.records.measurements import Measurements, SideMeasurements
from pipeline.records.volumes import Preparation, PreparedVolume

from ..assess import simulated

REZ: dict[Side, Point] = {"left": (12.0, 0.0, 0.0), "right": (-12.0, 0.0, 0.0)}
IDENTITY = tuple(tuple(row) for row in np.eye(4).tolist())
GRID = Grid(
    (80, 30, 30), np.array([[1.0, 0, 0, -40], [0, 1, 0, -15], [0, 0, 1, -15], [0, 0, 0, 1]])
)


def side_truth(side: Side, gap_mm: float = 2.0, **changes: Any) -> SideTruth:
    return simulated.side_truth(gap_mm, rez_lps_mm=REZ[side], **changes)


def write_truth(data: Path, seed: int, sides: dict[Side, SideTruth], **changes: Any) -> Truth:
    """truth.json and truth_labels.nii.gz: a nerve and an artery of 10 voxels on each side."""
    truth = simulated.truth(seed, sides=sides, **changes)
    folder = data / f"study {seed}"
    folder.mkdir(parents=True)
    truth.write(folder / "truth.json")
    save_volume(Volume(labels(0), GRID), folder / "truth_labels.nii.gz")
    return truth


def write_measured(
    truth: Truth, output: OutputFolder, measured: dict[Side, SideMeasurements]
) -> None:
    """The records of the stages up to measure."""
    case = case_of(truth.study_instance_uid)
    folder = output.case(case)
    place = SideLandmarks(
        rez_lps_mm=REZ["left"], rez_confidence=1, porus_lps_mm=REZ["left"], porus_confidence=1
    )
    Segmentation(
        case=case,
        localisation=Localisation(case=case, sides=dict.fromkeys(SIDES, place), reasons={}),
        covered=dict.fromkeys(SIDES, ("t2", "tof")),
        models=(),
        device="cpu",
    ).write(folder.record("segment"))
    Measurements(
        case=case,
        sides=measured,
        calibres_mm=Calibres(VA_left=None, VA_right=None, BA=None),
        reference_snr=None,
    ).write(folder.record("measure"))
    Preparation(
        case=case,
        reference="t2",
        volumes={"t2": _volume(), "tof": _volume()},
        refused=(),
        degraded=(),
    ).write(folder.record("prepare"))


def _volume() -> PreparedVolume:
    return PreparedVolume(
        role="t2", series_instance_uid="1", file="t2", voxel_mm=(0.5, 0.5, 0.5),
        reference_to_volume_lps=IDENTITY, residual_mm=0, intensity_low=0, intensity_high=1,
    )  # fmt: skip


def labels(shift: int) -> np.ndarray:
    """Nerve and artery along y at both root exit zones, the nerve moved by `shift` voxels."""
    array = np.zeros(GRID.shape, dtype=np.uint8)
    for x in (28, 52):
        array[x, 10 + shift : 20 + shift, 15] = Label.FACIAL_NERVE_REZ
        array[x, 10:20, 18] = Label.ARTERY
        array[x, 0:2, 0] = Label.ARTERY  # farther than 12 mm away: does not count
    return array


def side_findings(rez: Point | None, **changes: Any) -> SideFindings:
    values: dict[str, Any] = {
        "assessability": Assessability(status="assessable", reasons=()),
        "rez_lps_mm": rez,
        "rexp_lps_mm": None,
        "rdp_lps_mm": None,
        "tz_end_lps_mm": None,
        "porus_lps_mm": None,
        "profile": (),
        "vessel_contact": contact(),
        "tumour": unanswered_tumour(()).model_copy(update={"answer": "no"}),
        "aneurysm": unanswered_aneurysm(()).model_copy(update={"answer": "no"}),
    }
    return SideFindings(**(values | changes))


def contact(answer: str = "no", probability: float | None = 0.1, **changes: Any) -> Any:
    """The likelihood ratio fits the probability at a prevalence of one half."""
    held = None if probability is None else min(max(probability, 1e-6), 1 - 1e-6)
    values: dict[str, Any] = {
        "answer": answer,
        "probability": probability,
        "likelihood_ratio": None if held is None else held / (1 - held),
        "grade": "none",
    }
    return unanswered_contact(()).model_copy(update=values | changes)


def measured_contact(
    answer: str, probability: float, gap_mm: float, half_mm: float, **changes: Any
) -> Any:
    interval = (max(0.0, gap_mm - half_mm), gap_mm + half_mm)
    grade = "contact" if answer == "yes" else "near" if gap_mm <= 1.0 else "none"
    values: dict[str, Any] = {
        "min_distance_mm": gap_mm,
        "distance_interval_mm": interval,
        "grade": grade,
        "segment": "AS",
        "point_lps_mm": (0.0, 0.0, 1.0),
    }
    return contact(answer, probability, **(values | changes))


def write_findings(
    output: OutputFolder,
    truth: Truth,
    sides: dict[Side, SideFindings],
    *,
    status: str = "assessed",
    nerve_shift: int = 0,
    segmentation: Volume | None = None,
) -> CaseFolder:
    """findings.json and segmentation.nii.gz, by default the truth with the nerve moved."""
    folder = output.case(case_of(truth.study_instance_uid))
    Findings(
        case=folder.case,
        study_instance_uid=truth.study_instance_uid,
        status=status,  # type: ignore[arg-type]
        reason=None,
        degraded=(),
        sequences={role: _used(truth) for role in truth.sequences},  # type: ignore[misc]
        quality=Quality(reference_snr=None),
        affected_side=None,
        sides=sides,
        calibres_mm=Calibres(VA_left=None, VA_right=None, BA=None),
        dolichoectasia=None,
        side_difference=None,
        impression=Impression(leading="none_seen", side=None, sentence=""),
        priority=4,
        key_images=(),
        models=(),
        evidence=Evidence(calibrated_on="", file="", statement=""),
    ).write(folder.findings)
    save_volume(segmentation or Volume(labels(nerve_shift), GRID), folder.segmentation)
    return folder


def _used(truth: Truth) -> SequenceUsed:
    return SequenceUsed(
        series_instance_uid="1.2", voxel_mm=truth.voxel_mm, registration_residual_mm=0.0
    )
