"""Overlap of one side's structures with the true ones, on the reference grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from pipeline.evaluate.known import KnownLesion, KnownSide
from pipeline.evaluate.neighbourhood import within
from pipeline.evaluate.pairing import StudyPair
from pipeline.geometry import Volume, load_volume, resample
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

Structure = Literal["facial_nerve", "artery", "artery_centreline", "tumour", "aneurysm"]
Mask = NDArray[np.bool_]

REACH_MM = 12.0
LESION_REACH_MM = 24.0
"""Half of the cube that the segmenter sees."""
_MEASURED: dict[Structure, tuple[tuple[Label, ...], float]] = {
    "facial_nerve": ((Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL), REACH_MM),
    "artery": ((Label.ARTERY,), REACH_MM),
    "tumour": ((Label.TUMOUR,), LESION_REACH_MM),
    "aneurysm": ((Label.ANEURYSM,), LESION_REACH_MM),
}
_VOXEL_GROUPS_MM = (0.5, 0.6, 0.7)
_VESSEL_GROUPS_MM = (1.0, 1.5, 2.5)
_HALF_MM = (0.45, 0.55)


@dataclass(frozen=True)
class SideOverlap:
    """One side. dice: 0 to 1 of the structures that are truly near its root exit zone.

    vessel_group: calibre of the vessel that is truly nearest. half_mm_with_tof: whether T2 and
    TOF are there, and voxels of about 0.5 mm.
    """

    patient: str
    sequences: str
    voxel_group: str
    vessel_group: str
    grade: str
    half_mm_with_tof: bool
    dice: dict[Structure, float]


def study_overlaps(pair: StudyPair) -> list[SideOverlap]:
    """The sides whose root exit zone is known and lies in the slab.

    0 where nothing was segmented. Nothing where there are no true labels.
    """
    if pair.truth.labels is None:
        return []
    truth = pair.truth.labels()
    path = pair.folder.segmentation
    found = load_volume(path) if path.exists() else Volume(np.zeros_like(truth.array), truth.grid)
    true = Volume(resample(truth, found.grid, order=0).array.astype(np.uint8), found.grid)
    sides = (pair.truth.sides[side] for side in SIDES)
    return [_side(pair, side, found, true) for side in sides if side.in_slab and side.rez_lps_mm]


def _side(pair: StudyPair, side: KnownSide, found: Volume, true: Volume) -> SideOverlap:
    voxel_mm = pair.truth.voxel_mm
    return SideOverlap(
        patient=pair.folder.case,
        sequences=pair.sequences,
        voxel_group=group_of(voxel_mm, _VOXEL_GROUPS_MM),
        vessel_group=group_of(side.vessel_diameter_mm, _VESSEL_GROUPS_MM),
        grade=side.grade or "unknown",
        half_mm_with_tof={"t2", "tof"} <= set(pair.truth.sequences)
        and voxel_mm is not None
        and _HALF_MM[0] <= voxel_mm <= _HALF_MM[1],
        dice=dict(_structures(found, true, side)),
    )


def _structures(found: Volume, true: Volume, side: KnownSide) -> Iterator[tuple[Structure, float]]:
    """Those that are truly there and this side's own: one beyond the midline counts once."""
    assert side.rez_lps_mm is not None
    lesions: dict[Structure, KnownLesion | None]
    lesions = {"tumour": side.tumour, "aneurysm": side.aneurysm}
    for name, (labels, reach_mm) in _MEASURED.items():
        lesion = lesions.get(name)
        if lesion is not None and not lesion.present:
            continue
        box, inside = within(found, side.rez_lps_mm, reach_mm)
        first, second = (np.isin(np.asarray(v.array)[box], labels) & inside for v in (found, true))
        if second.any():
            yield name, dice(first, second)
            if name == "artery":
                yield "artery_centreline", centreline_dice(first, second)


def dice(found: Mask, true: Mask) -> float:
    """Twice the common voxels over the sum of both; NaN where both are empty."""
    return float(2.0 * np.logical_and(found, true).sum() / (found.sum() + true.sum()))


def centreline_dice(found: Mask, true: Mask) -> float:
    """Share of each one's skeleton that lies in the other, their harmonic mean; 0 where none is.

    clDice of Shit et al., CVPR 2021: it asks whether thin vessels are there, not how thick.
    """
    parts = [
        float(whole[bones].mean()) if (bones := skeletonize(mask).astype(bool)).any() else 0.0
        for mask, whole in ((found, true), (true, found))
    ]
    return 2.0 * parts[0] * parts[1] / sum(parts) if sum(parts) > 0 else 0.0


def group_of(size_mm: float | None, edges_mm: tuple[float, ...]) -> str:
    """Name of the group of sizes, such as "0.5-0.6"."""
    if size_mm is None:
        return "unknown"
    if size_mm < edges_mm[0]:
        return f"below {edges_mm[0]}"
    for low, high in pairwise(edges_mm):
        if size_mm < high:
            return f"{low}-{high}"
    return f"from {edges_mm[-1]}"
