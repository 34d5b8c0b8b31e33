"""The shell of stage measure: reads soft labels and records, writes `Measurements`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.geometry import Grid, load_volume, resample
from pipeline.measure.enhancement import ContrastImage
from pipeline.measure.soft_labels import Field, SoftLabels, load_soft_labels
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
        preparation = Preparation.read(folder.record("prepare"))
        measured = measure_study(
            crops,
            segmentation.localisation,
            reference_voxel_mm(preparation),
            settings.measure,
            contrast_image(output, preparation),
        ).model_copy(update={"reference_snr": preparation.reference_snr})
        measured.write(folder.record("measure"))
        return [folder.record("measure")]

    return run_stage("measure", "segment", output, cases, settings, work, retry_failed=retry_failed)


def reference_voxel_mm(preparation: Preparation) -> float:
    """Edge of the cube with the volume of a voxel of the reference image."""
    return float(np.prod(preparation.volumes[preparation.reference].voxel_mm) ** (1 / 3))


def contrast_image(output: OutputFolder, preparation: Preparation) -> ContrastImage | None:
    """The contrast-enhanced image, read when it is asked for; None where there is none."""
    placed = preparation.volumes.get("t1c")
    if placed is None:
        return None

    def on_grid(grid: Grid) -> Field:
        volume = load_volume(output.root / placed.file)
        bridge = np.array(placed.reference_to_volume_lps)
        return resample(volume, grid, target_to_volume_lps=bridge, outside=float("nan")).array

    return on_grid
