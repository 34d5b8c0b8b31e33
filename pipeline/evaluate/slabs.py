"""Slabs that miss the root exit zones: generated studies cut short, and whether that is noticed.

The reserved test sets hold no such slab. A slab is cut where the truth says that the root exit
zones are, so that they lie beyond its end, above or below; a side that is located all the same
was invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pipeline.bootstrap import Score, share
from pipeline.errors import NotAssessableError
from pipeline.evaluate.generated import GeneratedResult
from pipeline.geometry import Volume, load_volume
from pipeline.paths import CaseFolder
from pipeline.records.base import SIDES, Record, Side
from pipeline.records.landmarks import ModelUsed
from pipeline.records.volumes import Preparation
from pipeline.segment.sampling import subvolume

Kept = Literal["above", "below"]
BEYOND_MM = (1.0, 4.0, 8.0, 16.0)
"""From the end of the slab to the nearer of both root exit zones."""
_LEAST_SLAB_MM = 10.0
"""What is left of a thinner slab is no examination."""
Locate = Callable[[Volume], frozenset[Side]]
"""The sides that are located in an image."""


class SlabRow(Record):
    """kept: the part of the slab that is left. recognised: sides for which nothing is located."""

    kept: Kept
    beyond_mm: float
    recognised: Score


class SlabScores(Record):
    """Over the studies of a folder of results that were prepared."""

    schema_version: str = "1"
    models: tuple[ModelUsed, ...]
    studies: int
    recognised: Score
    rows: tuple[SlabRow, ...]


@dataclass(frozen=True)
class _CutSide:
    case: str
    kept: Kept
    beyond_mm: float
    located: bool


def slab_scores(
    results: Sequence[GeneratedResult], locate: Locate, models: tuple[ModelUsed, ...]
) -> SlabScores:
    """Cut the reference of every prepared study in all ways, and locate its sides in each."""
    prepared = [one for one in results if one.folder.record("prepare").exists()]
    sides = [side for one in prepared for side in _cut_sides(one, locate)]
    ways: list[tuple[Kept, float]] = [(k, mm) for k in ("above", "below") for mm in BEYOND_MM]
    rows = tuple(
        SlabRow(
            kept=kept,
            beyond_mm=beyond,
            recognised=_recognised([s for s in sides if (s.kept, s.beyond_mm) == (kept, beyond)]),
        )
        for kept, beyond in ways
    )
    return SlabScores(
        models=models, studies=len(prepared), recognised=_recognised(sides), rows=rows
    )


def _recognised(sides: Sequence[_CutSide]) -> Score:
    return share(sides, lambda side: not side.located, lambda side: side.case)


def _cut_sides(result: GeneratedResult, locate: Locate) -> Iterator[_CutSide]:
    reference = _reference(result.folder)
    zones = [side.rez_lps_mm for side in result.truth.sides.values()]
    for kept in ("above", "below"):
        for beyond in BEYOND_MM:
            slab = slab_without(reference, zones, kept, beyond)
            if slab is None:
                continue
            located = _located(slab, locate)
            for side in SIDES:
                yield _CutSide(result.folder.case, kept, beyond, side in located)


def _located(slab: Volume, locate: Locate) -> frozenset[Side]:
    """A study that is refused as a whole has no side that was located."""
    try:
        return locate(slab)
    except NotAssessableError:
        return frozenset()


def _reference(folder: CaseFolder) -> Volume:
    prepared = Preparation.read(folder.record("prepare"))
    return load_volume(folder.output.root / prepared.volumes[prepared.reference].file)


def slab_without(
    volume: Volume, points_lps: ArrayLike, kept: Kept, beyond_mm: float
) -> Volume | None:
    """The slices on one side of all points; None where less than a thin slab is left.

    points_lps: (N, 3), mm. kept: the part nearer to the head ("above") or to the feet. beyond_mm:
    at least so far do the points lie from the slab's end, measured across the slices.
    """
    upward = volume.grid.affine[2, :3] / volume.grid.voxel_mm
    axis = int(np.argmax(np.abs(upward)))
    towards_head = upward[axis] > 0
    index = volume.grid.to_index(points_lps)[..., axis]
    away = beyond_mm / volume.grid.voxel_mm[axis] + 0.5
    low, high = np.zeros(3, dtype=int), np.array(volume.grid.shape)
    if (kept == "above") == towards_head:
        low[axis] = max(int(np.ceil(index.max() + away)), 0)
    else:
        high[axis] = min(int(np.floor(index.min() - away)) + 1, int(high[axis]))
    if (high[axis] - low[axis]) * volume.grid.voxel_mm[axis] < _LEAST_SLAB_MM:
        return None
    return subvolume(volume, low, high)
