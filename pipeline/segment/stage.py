"""The shell of stage segment: reads prepared volumes, writes landmarks and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.files import atomic_path
from pipeline.geometry import Grid, load_volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.landmarks import Segmentation
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import ImageRole, Preparation
from pipeline.segment.networks import Networks, load_networks
from pipeline.segment.sampling import PlacedVolume
from pipeline.segment.soft import Probabilities
from pipeline.segment.study import SegmentedStudy, segment_study
from pipeline.settings import Settings
from pipeline.stage import run_stage

Load = Callable[[Settings], Networks]


def run(
    output: OutputFolder,
    cases: Sequence[str],
    settings: Settings,
    *,
    retry_failed: bool = False,
    load: Load = load_networks,
) -> list[Outcome]:
    """Segment every case whose preparation is done; the networks are loaded once, when needed.

    load: makes the networks; another one can be given, for instance to try a new network.
    """

    @cache
    def networks() -> Networks:
        return load(settings)

    def work(folder: CaseFolder) -> Sequence[Path]:
        return _segment_case(folder, networks(), settings)

    return run_stage("segment", "prepare", output, cases, settings, work, retry_failed=retry_failed)


def _segment_case(folder: CaseFolder, networks: Networks, settings: Settings) -> list[Path]:
    preparation = Preparation.read(folder.record("prepare"))
    study = segment_study(
        folder.case,
        prepared_volumes(folder, preparation),
        preparation.reference,
        networks,
        settings.segment,
    )
    save_volume(study.labels, folder.segmentation)
    written = [folder.segmentation, folder.record("segment")]
    for side, (probabilities, crop) in study.sides.items():
        written.append(folder.side_probabilities(side))
        _save_probabilities(probabilities, crop, written[-1])
    segmentation_record(study, networks).write(folder.record("segment"))
    return written


def segmentation_record(study: SegmentedStudy, networks: Networks) -> Segmentation:
    """What was located, what shows it, and by which networks, on which device."""
    return Segmentation(
        case=study.localisation.case,
        localisation=study.localisation,
        covered=study.covered,
        models=networks.used,
        device=networks.device(),
    )


def prepared_volumes(folder: CaseFolder, preparation: Preparation) -> dict[ImageRole, PlacedVolume]:
    """The sequences of a case and their places against the reference."""
    return {
        role: PlacedVolume(
            load_volume(folder.output.root / prepared.file),
            np.array(prepared.reference_to_volume_lps),
        )
        for role, prepared in preparation.volumes.items()
    }


def _save_probabilities(probabilities: Probabilities, crop: Grid, path: Path) -> None:
    with atomic_path(path) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, probabilities=probabilities, affine=crop.affine)
