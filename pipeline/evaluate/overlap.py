"""Dice of nerve and arteries near the true root exit zone, on the reference grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.bootstrap import Score, scored
from pipeline.evaluate.pairing import StudyPair
from pipeline.geometry import Volume, load_volume, resample
from pipeline.records.base import SIDES, Point, Record
from pipeline.records.labels import Label

REACH_MM = 12.0
_NERVE = (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL)
_ARTERY = (Label.ARTERY,)
_VOXEL_GROUPS_MM = (0.5, 0.6, 0.7)


@dataclass(frozen=True)
class SideOverlap:
    """Dice of one side; None where the truth has no such voxel near the root exit zone."""

    patient: str
    sequences: str
    voxel_group: str
    nerve: float | None
    artery: float | None


class OverlapScores(Record):
    """Mean Dice over sides within 12 mm of the true root exit zone."""

    facial_nerve: Score
    artery: Score


class OverlapTable(Record):
    """Over all sides, and by sequences and voxel size."""

    all: OverlapScores
    by_sequences: dict[str, OverlapScores]
    by_voxel_mm: dict[str, OverlapScores]


def study_overlaps(pair: StudyPair) -> list[SideOverlap]:
    """Dice of the sides whose root exit zone is known and lies in the slab.

    0 where nothing was segmented. Nothing where there are no true labels.
    """
    if pair.truth.labels is None:
        return []
    truth = pair.truth.labels()
    path = pair.folder.segmentation
    found = load_volume(path) if path.exists() else Volume(np.zeros_like(truth.array), truth.grid)
    true_labels = resample(truth, found.grid, order=0).array.astype(np.uint8)
    result = []
    for side in SIDES:
        known = pair.truth.sides[side]
        if known.rez_lps_mm is None or not known.in_slab:
            continue
        box, near = _near(found, known.rez_lps_mm)
        first, second = np.asarray(found.array)[box][near], true_labels[box][near]
        result.append(
            SideOverlap(
                pair.folder.case,
                pair.sequences,
                voxel_group(pair.truth.voxel_mm),
                dice(np.isin(first, _NERVE), np.isin(second, _NERVE)),
                dice(np.isin(first, _ARTERY), np.isin(second, _ARTERY)),
            )
        )
    return result


def overlap_table(overlaps: Sequence[SideOverlap]) -> OverlapTable:
    """Means of all sides and of the groups."""
    sequences = sorted({one.sequences for one in overlaps})
    groups = sorted({one.voxel_group for one in overlaps})
    return OverlapTable(
        all=_scores(overlaps),
        by_sequences={s: _scores([o for o in overlaps if o.sequences == s]) for s in sequences},
        by_voxel_mm={g: _scores([o for o in overlaps if o.voxel_group == g]) for g in groups},
    )


def dice(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float | None:
    """Twice the common voxels over the sum of both; None where there is no true one."""
    if not true.any():
        return None
    return float(2.0 * np.logical_and(found, true).sum() / (found.sum() + true.sum()))


def voxel_group(voxel_mm: float | None) -> str:
    """Name of the group of voxel sizes, such as "0.5-0.6"."""
    if voxel_mm is None:
        return "unknown"
    if voxel_mm < _VOXEL_GROUPS_MM[0]:
        return f"below {_VOXEL_GROUPS_MM[0]}"
    for low, high in pairwise(_VOXEL_GROUPS_MM):
        if voxel_mm < high:
            return f"{low}-{high}"
    return f"from {_VOXEL_GROUPS_MM[-1]}"


def _scores(overlaps: Sequence[SideOverlap]) -> OverlapScores:
    return OverlapScores(
        facial_nerve=_mean([(o.patient, o.nerve) for o in overlaps]),
        artery=_mean([(o.patient, o.artery) for o in overlaps]),
    )


def _mean(values: Sequence[tuple[str, float | None]]) -> Score:
    known = [(patient, value) for patient, value in values if value is not None]
    return scored(known, lambda some: float(np.mean([v for _, v in some])), lambda one: one[0])


def _near(volume: Volume, centre: Point) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """The box of voxels around a point, and which of them lie within REACH_MM."""
    middle = volume.grid.to_index(centre)
    half = REACH_MM / np.array(volume.grid.voxel_mm) + 1
    low = np.maximum(np.floor(middle - half).astype(int), 0)
    high = np.minimum(np.ceil(middle + half).astype(int) + 1, volume.grid.shape)
    box = tuple(slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    shape = [part.stop - part.start for part in box]
    points = volume.grid.to_lps(np.moveaxis(np.indices(shape), 0, -1) + low)
    near = np.linalg.norm(points - np.asarray(centre), axis=-1) <= REACH_MM
    return box, np.asarray(near)
