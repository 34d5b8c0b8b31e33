"""A site's own labelled studies as training crops, whole patients kept apart to be tested on.

What is not outlined is taught as absent: labels that leave out the brainstem or the arteries of a
side are refused.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.files import write_text_atomically
from pipeline.geometry import Volume, load_volume, resample
from pipeline.labelled import Drawn, LabelsRefusedError, SiteLabels, read_site
from pipeline.labelled.drawn import NERVE, check_placing
from pipeline.labelled.site import RefusedFile
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import Side
from pipeline.records.identities import Identities
from pipeline.records.labels import Label
from pipeline.records.landmarks import Segmentation
from pipeline.records.volumes import IMAGE_ROLES, Preparation
from pipeline.segment.stage import prepared_volumes
from pipeline.segment.study import crop_grid, crop_images
from pipeline.settings import SegmentSettings
from pipeline.train.dataset import save_example

TRAINING, HELD_OUT = "training", "held_out"
_HELD_OUT_EVERY = 3
"""Of the patients in the order in which they came, so that none ever changes sides."""
_LEAST_PATIENTS = 2
"""On either side: fewer have no spread."""


@dataclass(frozen=True)
class OwnCrops:
    """Files of crops; each name begins with the patient's number. refused: with why."""

    training: tuple[Path, ...]
    held_out: tuple[Path, ...]
    refused: tuple[RefusedFile, ...]


def write_crops(
    data: Path, results: OutputFolder, folder: Path, settings: SegmentSettings
) -> OwnCrops:
    """Crops of every study that has labels below `data` and was segmented in `results`.

    Raises UsageError where too few patients remain to train on and to test on.
    """
    shutil.rmtree(folder, ignore_errors=True)  # labels of an earlier call may since be withdrawn
    site = read_site(data)
    numbers = _patient_numbers(results, sorted(site.studies))
    for case, study in sorted(site.studies.items()):
        if study.read is None:
            continue
        try:
            crops = _crops(results.case(case), study.read(), settings)
        except LabelsRefusedError as error:
            site.refuse(study.file or "", case, error)
            continue
        part = HELD_OUT if numbers[case] % _HELD_OUT_EVERY == 0 else TRAINING
        for side, arrays in crops.items():
            save_example(folder / part / f"p{numbers[case]:04d}_{case}_{side}.npz", **arrays)
    return _checked(folder, site)


def patient_of(path: Path) -> str:
    """The patient's number that a crop's name begins with."""
    return path.stem.partition("_")[0]


def _crops(
    folder: CaseFolder, drawn: Drawn, settings: SegmentSettings
) -> dict[Side, dict[str, NDArray[np.generic]]]:
    """Arrays of a bank's file by side; LabelsRefusedError where either side cannot be used."""
    if not folder.record("segment").exists():
        raise LabelsRefusedError("the results hold no such study", "run `nvc run` over it first")
    check_placing(drawn, load_volume(folder.segmentation), None)
    preparation = Preparation.read(folder.record("prepare"))
    volumes = prepared_volumes(folder, preparation)
    found: dict[Side, dict[str, NDArray[np.generic]]] = {}
    for side, landmarks in Segmentation.read(folder.record("segment")).localisation.sides.items():
        crop = crop_grid(landmarks, side, settings)
        labels = resample(drawn.labels, crop, order=0)
        if np.isin(labels.array, NERVE).any():
            _check_complete(labels, side)
            found[side] = {
                "images": crop_images(volumes, crop).astype(np.float16),
                "labels": labels.array.astype(np.uint8),
                "present": np.array([role in volumes for role in IMAGE_ROLES]),
            }
    return found


def _check_complete(labels: Volume, side: Side) -> None:
    for label in (Label.BRAINSTEM, Label.ARTERY):
        if not (labels.array == label).any():
            raise LabelsRefusedError(
                f"on the {side} side no {label.name.lower()} is outlined beside the nerve",
                "outline all structures there: what is not outlined is taught as absent",
            )


def _patient_numbers(results: OutputFolder, cases: list[str]) -> dict[str, int]:
    """A number for the patient of each case of the results, the same in every later training."""
    known: dict[str, int] = {}
    if results.training_patients.exists():
        known = json.loads(results.training_patients.read_text(encoding="utf-8"))
    who = {case: patient for case, patient in _patients(results).items() if case in cases}
    for patient in who.values():
        known.setdefault(patient, len(known) + 1)
    results.create_private()
    write_text_atomically(results.training_patients, json.dumps(known, indent=1) + "\n")
    return {case: known[patient] for case, patient in who.items()}


def _patients(results: OutputFolder) -> dict[str, str]:
    """The patient of every case: the ID of the headers, or the case itself where there is none."""
    identities = Identities.read(results.identities).cases
    return {case: identity.patient_id or case for case, identity in sorted(identities.items())}


def _checked(folder: Path, site: SiteLabels) -> OwnCrops:
    training, held_out = (tuple(sorted((folder / p).glob("*.npz"))) for p in (TRAINING, HELD_OUT))
    refused = tuple(sorted(site.refused, key=lambda one: one.file))
    few = min(len(set(map(patient_of, files))) for files in (training, held_out))
    if few < _LEAST_PATIENTS:
        why = "".join(f"; file {r.file}: {r.reason}, {r.what_to_do}" for r in refused)
        raise UsageError(
            f"too few labelled patients: {_LEAST_PATIENTS} are needed to train on and "
            f"{_LEAST_PATIENTS} to test on, of every {_HELD_OUT_EVERY} one is kept for the test"
            + why
        )
    return OwnCrops(training, held_out, refused)
