"""Labels of arteries against the brightness of an angiogram: a check that needs no true labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.evaluate.neighbourhood import within
from pipeline.geometry import Volume, load_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import SIDES, Point, Record, Side
from pipeline.records.labels import Label
from pipeline.records.landmarks import ModelUsed, Segmentation
from pipeline.records.manifest import Intake
from pipeline.records.volumes import Preparation

WITHIN_MM = 20.0


class BrightVoxels(Record):
    """Around the root exit zone of one side, as it was located.

    labelled: share of the bright voxels that are labelled artery; not_dark: share of the voxels
    labelled artery that are bright enough. None where there are no such voxels.
    """

    side: Side
    bright_voxels: int
    labelled: float | None
    artery_voxels: int
    not_dark: float | None


class AngiogramScores(Record):
    """All sides of all studies whose reference is a time-of-flight angiogram.

    bright_above, dark_up_to: stored values, which differ between scanners.
    """

    schema_version: str = "1"
    within_mm: float = WITHIN_MM
    bright_above: float
    dark_up_to: float
    models: tuple[ModelUsed, ...]
    sides: tuple[BrightVoxels, ...]


def angiogram_scores(
    results: OutputFolder, bright_above: float, dark_up_to: float
) -> AngiogramScores:
    """Raises UsageError where no study of the output folder was segmented on an angiogram."""
    cases = [results.case(study.case) for study in Intake.read(results.intake).studies]
    segmented = [case for case in cases if _on_angiogram(case)]
    if not segmented:
        raise UsageError(
            f"no study of {results.root} was segmented on a time-of-flight angiogram alone; "
            "run the pipeline on one without T2 first"
        )
    sides: list[BrightVoxels] = []
    for case in segmented:
        prepared = Preparation.read(case.record("prepare")).volumes["tof"]
        angiogram = load_volume(results.root / prepared.file)
        labels = load_volume(case.segmentation)
        found = Segmentation.read(case.record("segment")).localisation.sides
        sides += [
            bright_voxels(side, angiogram, labels, found[side].rez_lps_mm, bright_above, dark_up_to)
            for side in SIDES
            if side in found
        ]
    used = Segmentation.read(segmented[0].record("segment")).models
    return AngiogramScores(
        bright_above=bright_above, dark_up_to=dark_up_to, models=used, sides=tuple(sides)
    )


def bright_voxels(
    side: Side,
    angiogram: Volume,
    labels: Volume,
    centre_lps: Point,
    bright_above: float,
    dark_up_to: float,
) -> BrightVoxels:
    """One side; angiogram and labels on one grid, shape (I, J, K)."""
    values, artery = _around(angiogram, centre_lps), _around(labels, centre_lps) == Label.ARTERY
    bright = values > bright_above
    return BrightVoxels(
        side=side,
        bright_voxels=int(bright.sum()),
        labelled=_share(artery[bright]),
        artery_voxels=int(artery.sum()),
        not_dark=_share(values[artery] > dark_up_to),
    )


def _on_angiogram(case: CaseFolder) -> bool:
    record = case.record("prepare")
    return (
        record.exists()
        and case.record("segment").exists()
        and Preparation.read(record).reference == "tof"
    )


def _around(volume: Volume, centre_lps: Point) -> NDArray[np.float32]:
    """The values within 20 mm of a point, (N,), in the order of the array."""
    box, inside = within(volume, centre_lps, WITHIN_MM)
    return np.asarray(volume.array[box][inside], dtype=np.float32)


def _share(those: NDArray[np.bool_]) -> float | None:
    return round(float(those.mean()), 4) if those.size else None
