"""A site's own labelled studies as training crops, whole patients kept apart to be tested on.

What is not outlined is taught as absent: labels that leave out the brainstem or the arteries of a
side are refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    site = read_site(data)
    numbers = _patient_numbers(results, sorted(site.studies))
    for case, study in sorted(site.studies.items()):
        if study.read is None:
            continue
        try:
            _write_study(results.case(case), study.read(), numbers[case], folder, settings)
        except LabelsRefusedError as error:
            site.refuse(study.file or "", case, error)
    return _checked(folder, site)


def patient_of(path: Path) -> str:
    """The patient's number that a crop's name begins with."""
    return path.stem.partition("_")[0]


def _write_study(
    folder: CaseFolder, drawn: Drawn, patient: int, target: Path, settings: SegmentSettings
) -> None:
    if not folder.record("segment").exists():
        raise LabelsRefusedError("the results hold no such study", "run `nvc run` over it first")
    check_placing(drawn, load_volume(folder.segmentation), None)
    preparation = Preparation.read(folder.record("prepare"))
    volumes = prepared_volumes(folder, preparation)
    part = HELD_OUT if patient % _HELD_OUT_EVERY == 0 else TRAINING
    for side, landmarks in Segmentation.read(folder.record("segment")).localisation.sides.items():
        crop = crop_grid(landmarks, side, settings)
        labels = resample(drawn.labels, crop, order=0)
        if np.isin(labels.array, NERVE).any():
            _check_complete(labels, side)
            save_example(
                target / part / f"p{patient:04d}_{folder.case}_{side}.npz",
                images=crop_images(volumes, crop).astype(np.float16),
                labels=labels.array.astype(np.uint8),
                present=np.array([role in volumes for role in IMAGE_ROLES]),
            )


def _check_complete(labels: Volume, side: Side) -> None:
    for label in (Label.BRAINSTEM, Label.ARTERY):
        if not (labels.array == label).any():
            raise LabelsRefusedError(
                f"on the {side} side no {label.name.lower()} is outlined beside the nerve",
                "outline all structures there: what is not outlined is taught as absent",
            )


def _patient_numbers(results: OutputFolder, cases: list[str]) -> dict[str, int]:
    """A number for each case's patient, the same in every later training on these results."""
    known: dict[str, int] = {}
    if results.training_patients.exists():
        known = json.loads(results.training_patients.read_text(encoding="utf-8"))
    who = {case: patient for case, patient in _patients(results).items() if case in cases}
    for patient in who.values():
        known.setdefault(patient, len(known) + 1)
    results.create_private()
    write_text_atomically(results.training_patients, json.dumps(known, indent=1) + "\n")
    unknown = {case: len(known) + 1 + n for n, case in enumerate(set(cases) - set(who))}
    return {case: known[patient] for case, patient in who.items()} | unknown


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
