"""Generated studies on disk: DICOM files with their truth beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch

from pipeline.geometry import save_volume
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.dicom_identity import generated_identity
from pipeline.phantom.dicom_study import write_study
from pipeline.phantom.manifest import Manifest, truth_sha256
from pipeline.phantom.study import StudyPlan, make_study
from pipeline.phantom.truth import Truth

TRUTH, TRUTH_LABELS, IMAGES = "truth.json", "truth_labels.nii.gz", "dicom"


def write_generated(plan: StudyPlan, folder: Path, *, labels: bool = True) -> Truth:
    """Make the study of a plan below `folder`, unless its truth is already there.

    The truth is written last, so that a folder with a truth is complete. labels: also write the
    true labels on the reference grid.
    """
    done = folder / TRUTH
    if done.exists():
        return Truth.read(done)
    study = make_study(plan)
    write_study(
        study.volumes,
        generated_identity(plan.seed),
        plan.vendor,
        plan.seed,
        folder / IMAGES,
        families={str(role): family for role, family in study.families.items()},
    )
    if labels:
        save_volume(study.labels, folder / TRUTH_LABELS)
    study.truth.write(done)
    return study.truth


def write_all(
    plans: Mapping[str, StudyPlan], output: Path, processes: int
) -> Iterator[tuple[str, Truth | ImpossibleAnatomyError]]:
    """Make the studies below OUTPUT/NAME and yield every name with what came of it, in order.

    processes: each makes one study at a time, on one core.
    """
    make = partial(_write_or_leave_out, output)
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from zip(plans, pool.map(make, plans.items()), strict=True)


def _write_or_leave_out(
    output: Path, named: tuple[str, StudyPlan]
) -> Truth | ImpossibleAnatomyError:
    name, plan = named
    try:
        return write_generated(plan, output / name)
    except ImpossibleAnatomyError as error:
        return error


def check_against(manifest: Manifest, truths: list[Truth]) -> list[int]:
    """Seeds whose truth is not the one that the manifest promises."""
    promised = {entry.seed: entry.truth_sha256 for entry in manifest.studies}
    return [t.seed for t in truths if promised.get(t.seed, truth_sha256(t)) != truth_sha256(t)]


def folder_sha256(folder: Path) -> str:
    """sha256 over names and bytes of every file below a folder, for tests of determinism."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
