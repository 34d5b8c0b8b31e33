"""Overlap of all sides, and of groups of them: by sequences, voxels, calibre and grade."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.bootstrap import Score, scored
from pipeline.evaluate.overlap import SideOverlap, Structure
from pipeline.records.base import Record


class OverlapScores(Record):
    """Mean over sides, nerves and arteries within 12 mm of the true root exit zone.

    artery_centreline: clDice. tumour, aneurysm: within 24 mm, over the sides that have one of
    their own.
    """

    facial_nerve: Score
    artery: Score
    artery_centreline: Score
    tumour: Score
    aneurysm: Score


class OverlapTable(Record):
    """Over all sides, over those with T2 and TOF at half a millimetre, and by groups.

    by_vessel_mm: calibre of the vessel that is truly nearest to the nerve.
    """

    all: OverlapScores
    half_mm_with_tof: OverlapScores
    by_sequences: dict[str, OverlapScores]
    by_voxel_mm: dict[str, OverlapScores]
    by_vessel_mm: dict[str, OverlapScores]
    by_grade: dict[str, OverlapScores]

    def groups(self) -> dict[str, OverlapScores]:
        """All groups by what their sides have in common."""
        return {
            "all": self.all,
            "T2 and TOF at 0.5 mm": self.half_mm_with_tof,
            **self.by_sequences,
            **{f"voxels {name} mm": group for name, group in self.by_voxel_mm.items()},
            **{f"nearest vessel {name} mm": group for name, group in self.by_vessel_mm.items()},
            **{f"grade {name}": group for name, group in self.by_grade.items()},
        }


def overlap_table(sides: Sequence[SideOverlap]) -> OverlapTable:
    """Means of all sides and of the groups."""
    return OverlapTable(
        all=_scores(sides),
        half_mm_with_tof=_scores([side for side in sides if side.half_mm_with_tof]),
        by_sequences=_grouped(sides, lambda side: side.sequences),
        by_voxel_mm=_grouped(sides, lambda side: side.voxel_group),
        by_vessel_mm=_grouped(sides, lambda side: side.vessel_group),
        by_grade=_grouped(sides, lambda side: side.grade),
    )


def _grouped(
    sides: Sequence[SideOverlap], group: Callable[[SideOverlap], str]
) -> dict[str, OverlapScores]:
    names = sorted({group(side) for side in sides})
    return {name: _scores([side for side in sides if group(side) == name]) for name in names}


def _scores(sides: Sequence[SideOverlap]) -> OverlapScores:
    return OverlapScores(
        facial_nerve=_mean(sides, "facial_nerve"),
        artery=_mean(sides, "artery"),
        artery_centreline=_mean(sides, "artery_centreline"),
        tumour=_mean(sides, "tumour"),
        aneurysm=_mean(sides, "aneurysm"),
    )


def _mean(sides: Sequence[SideOverlap], structure: Structure) -> Score:
    having = [side for side in sides if structure in side.dice]
    return scored(
        having,
        lambda some: float(np.mean([side.dice[structure] for side in some])),
        lambda side: side.patient,
    )
