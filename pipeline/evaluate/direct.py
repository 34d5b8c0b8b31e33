"""Generated studies measured where they are made: no DICOM, no conversion, no registration.

What a calibration needs are many measured sides, and much of their cost is the way through files.
Here the images go from the generator to the networks. Their places against each other are known
but for what registration would leave; everything after that is the product's own code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from pipeline.errors import NotAssessableError
from pipeline.geometry import Grid, Volume, resample
from pipeline.measure.enhancement import ContrastImage
from pipeline.measure.soft_labels import Field, SoftLabels
from pipeline.measure.stage import reference_voxel_mm
from pipeline.measure.study import measure_study
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.phantom.acquire import left_by_registration
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.folder import TRUTH
from pipeline.phantom.recipe import GENERATOR_VERSION
from pipeline.phantom.study import GeneratedStudy, StudyPlan, make_study, study_uid
from pipeline.prepare.intensity import intensity_range
from pipeline.prepare.noise import csf_to_noise
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import ImageRole, Preparation, PreparedVolume
from pipeline.segment.networks import Networks, load_networks
from pipeline.segment.sampling import PlacedVolume
from pipeline.segment.stage import segmentation_record
from pipeline.segment.study import segment_study
from pipeline.settings import Settings
from pipeline.stage import read_outcome
from pipeline.stagekey import stage_key


@dataclass(frozen=True)
class DirectFolders:
    """data: gets the truth of every study. results: gets the records of its stages."""

    data: Path
    results: OutputFolder


def measure_all(
    plans: Sequence[StudyPlan], folders: DirectFolders, settings: Settings, processes: int
) -> Iterator[tuple[StudyPlan, str | None]]:
    """Make and measure every study of `plans`; yield each with the reason where it has no result.

    A study that the same generator, networks, code and settings have measured is kept. processes:
    each works on one study at a time.
    """
    measure = partial(_measure_or_leave_out, folders, settings)
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from zip(plans, pool.map(measure, plans), strict=True)


def _measure_or_leave_out(
    folders: DirectFolders, settings: Settings, plan: StudyPlan
) -> str | None:
    folder = folders.results.case(case_of(study_uid(plan.seed)))
    truth, key = folders.data / f"direct_{plan.seed}" / TRUTH, _key(settings)
    ended = read_outcome(folder, "measure")
    if ended is not None and ended.key == key and truth.exists():
        return None
    for outdated in (folder.outcome("measure"), folder.record("measure")):
        outdated.unlink(missing_ok=True)  # a study that cannot be measured now must not teach
    try:
        study = make_study(plan)
        write_measured(study, folder, _networks(settings), settings)
    except (ImpossibleAnatomyError, NotAssessableError) as error:
        return str(error)
    study.truth.write(truth)
    Outcome(stage="measure", state="done", key=key).write(folder.outcome("measure"))
    return None


@cache
def _key(settings: Settings) -> str:
    """Of everything that determines the records of a plan."""
    stages = ("prepare", "segment", "measure")
    parts = (GENERATOR_VERSION, *(stage_key(stage, settings) for stage in stages))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _networks(settings: Settings) -> Networks:
    return load_networks(settings)


def write_measured(
    study: GeneratedStudy, folder: CaseFolder, networks: Networks, settings: Settings
) -> None:
    """Write the records of the stages prepare, segment and measure of a generated study.

    Raises NotAssessableError where neither root exit zone is found.
    """
    rng = np.random.default_rng([43, study.truth.seed])
    placed = placed_volumes(study, rng)
    preparation = _preparation(study, placed, folder.case)
    segmented = segment_study(
        folder.case, placed, preparation.reference, networks, settings.segment
    )
    crops = {
        side: SoftLabels(probabilities, grid)
        for side, (probabilities, grid) in segmented.sides.items()
    }
    measured = measure_study(
        crops,
        segmented.localisation,
        reference_voxel_mm(preparation),
        settings.measure,
        _contrast_image(placed),
    )
    preparation.write(folder.record("prepare"))
    segmentation_record(segmented, networks).write(folder.record("segment"))
    measured.model_copy(update={"reference_snr": preparation.reference_snr}).write(
        folder.record("measure")
    )


def placed_volumes(
    study: GeneratedStudy, rng: np.random.Generator
) -> dict[ImageRole, PlacedVolume]:
    """The images in whole numbers, as they would be stored, nearly where they lie."""
    placed: dict[ImageRole, PlacedVolume] = {}
    for role, volume in study.volumes.items():
        bridge = study.reference_to_volume_lps[role]
        if placed:  # the reference comes first
            bridge = left_by_registration(rng, volume.grid.centre_lps) @ bridge
        placed[role] = PlacedVolume(Volume(np.rint(volume.array), volume.grid), bridge)
    return placed


def _preparation(
    study: GeneratedStudy, placed: dict[ImageRole, PlacedVolume], case: str
) -> Preparation:
    reference = next(iter(placed))
    image = placed[reference].volume
    return Preparation(
        case=case,
        reference=reference,
        volumes={role: _prepared(role, one) for role, one in placed.items()},
        refused=(),
        degraded=(),
        reference_snr=csf_to_noise(image) if reference == "t2" else None,
    )


def _prepared(role: ImageRole, placed: PlacedVolume) -> PreparedVolume:
    low, high = intensity_range(placed.volume.array)
    a, b, c, d = placed.reference_to_volume_lps.tolist()
    return PreparedVolume(
        role=role,
        series_instance_uid="",
        file="",
        voxel_mm=placed.volume.grid.voxel_mm,
        reference_to_volume_lps=(tuple(a), tuple(b), tuple(c), tuple(d)),
        residual_mm=0.0,
        intensity_low=low,
        intensity_high=high,
    )


def _contrast_image(placed: dict[ImageRole, PlacedVolume]) -> ContrastImage | None:
    shown = placed.get("t1c")
    if shown is None:
        return None

    def on_grid(grid: Grid) -> Field:
        bridge = shown.reference_to_volume_lps
        return resample(shown.volume, grid, target_to_volume_lps=bridge, outside=float("nan")).array

    return on_grid
