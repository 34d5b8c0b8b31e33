"""The shell of stage measure: reads soft labels and records, writes `Measurements`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.measure.soft_labels import SoftLabels, load_soft_labels
from pipeline.measure.study import measure_study
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import Side
from pipeline.records.landmarks import Segmentation
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Preparation
from pipeline.settings import Settings
from pipeline.stage import run_stage


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    """Measure every case whose segmentation is done; writes the record of stage measure."""

    def work(folder: CaseFolder) -> Sequence[Path]:
        segmentation = Segmentation.read(folder.record("segment"))
        crops: dict[Side, SoftLabels] = {
            side: load_soft_labels(folder.side_probabilities(side))
            for side in segmentation.localisation.sides
        }
        voxel_mm = reference_voxel_mm(Preparation.read(folder.record("prepare")))
        measured = measure_study(crops, segmentation.localisation, voxel_mm, settings.measure)
        measured.write(folder.record("measure"))
        return [folder.record("measure")]

    return run_stage("measure", "segment", output, cases, settings, work, retry_failed=retry_failed)


def reference_voxel_mm(preparation: Preparation) -> float:
    """Edge of the cube with the volume of a voxel of the reference image."""
    return float(np.prod(preparation.volumes[preparation.reference].voxel_mm) ** (1 / 3))
