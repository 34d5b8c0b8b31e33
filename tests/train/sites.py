"""A site whose studies were run and labelled by hand: pictures of bars, small but in every file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.records.base import SIDES, Side
from pipeline.records.identities import Identities, Identity
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation, Segmentation, SideLandmarks
from pipeline.records.volumes import Preparation, PreparedVolume
from pipeline.settings import SegmentSettings, load_settings

GRID = Grid((110, 60, 50), np.diag([0.6, 0.6, 0.6, 1.0]))
BRIGHT = np.array([0.1, 0.5, 0.9, 0.8, 0.7, 1.0, 0.3, 0.4, 0.6])
"""Of every label in the picture."""
SMALL: SegmentSettings = load_settings().segment.model_copy(update={"crop_size_mm": 25.6})
"""Crops of 64 voxels."""
_MIDDLE = 33.0


def uid_of(number: int) -> str:
    return f"1.2.{number}"


def outlined() -> Volume:
    """Brainstem between the sides, and a nerve and an artery on each."""
    array = np.zeros(GRID.shape, dtype=np.uint8)
    array[40:70] = Label.BRAINSTEM
    for first, last in ((25, 40), (70, 85)):
        array[first:last, 28:31, 24:27] = Label.FACIAL_NERVE_REZ
        array[first:last, 28:31, 32:36] = Label.ARTERY
    return Volume(array, GRID)


def site(output: OutputFolder, labels: Path, patients: dict[int, str]) -> None:
    """Studies by number with the ID of their patient: run, and labelled."""
    for number in patients:
        add_study(output, number)
        save_volume(outlined(), labels / f"{uid_of(number)}.nii.gz")
    output.create_private()
    cases = {case_of(uid_of(n)): _identity(n, patient) for n, patient in patients.items()}
    Identities(cases=cases, files={}).write(output.identities)


def add_study(output: OutputFolder, number: int) -> CaseFolder:
    """A study as the stages up to segment leave it; the networks found nothing but the places."""
    folder = output.case(case_of(uid_of(number)))
    rng = np.random.default_rng(number)
    picture = 1000 * BRIGHT[outlined().array] + rng.normal(0, 20, GRID.shape)
    save_volume(Volume(picture.astype(np.float32), GRID), folder.nifti("t2"))
    save_volume(Volume(np.zeros(GRID.shape, np.uint8), GRID), folder.segmentation)
    here = tuple(tuple(float(i == j) for j in range(4)) for i in range(4))
    prepared = PreparedVolume(
        role="t2",
        series_instance_uid="1.2.3",
        file=output.relative(folder.nifti("t2")),
        voxel_mm=GRID.voxel_mm,
        reference_to_volume_lps=here,
        residual_mm=0.0,
        intensity_low=0.0,
        intensity_high=1000.0,
    )
    Preparation(
        case=folder.case, reference="t2", volumes={"t2": prepared}, refused=(), degraded=("no_tof",)
    ).write(folder.record("prepare"))
    sides = {side: _landmarks(side) for side in SIDES}
    Segmentation(
        case=folder.case,
        localisation=Localisation(case=folder.case, sides=sides, reasons={}),
        covered=dict.fromkeys(SIDES, ("t2",)),
        models=(),
        device="cpu",
    ).write(folder.record("segment"))
    return folder


def _landmarks(side: Side) -> SideLandmarks:
    sign = 1.0 if side == "left" else -1.0
    return SideLandmarks(
        rez_lps_mm=(_MIDDLE + 11.0 * sign, 17.0, 15.0),
        rez_confidence=1.0,
        porus_lps_mm=(_MIDDLE + 17.0 * sign, 17.0, 15.0),
        porus_confidence=1.0,
    )


def _identity(number: int, patient: str) -> Identity:
    return Identity(
        study_instance_uid=uid_of(number),
        patient_name="",
        patient_id=patient,
        accession_number="",
        study_date="",
        sources=(),
    )
