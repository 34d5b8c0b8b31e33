"""Images in which nothing may be located: slabs cut short, and pictures turned over.

The reserved test sets hold neither. A slab is cut where the truth says that the root exit zones
are, so that they lie beyond its end, above or below; a side that is located all the same was
invented. A picture is turned over against its header, so that left and right cannot be trusted.
Beside them stands what that caution costs: slabs that end a little farther off, and pictures as
they are.
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
Turned = Literal["front_to_back", "head_to_foot", "both"]
BEYOND_MM = (-12.0, -8.0, -4.0, 1.0, 4.0, 8.0, 16.0)
"""From the end of the slab to the nearer of both root exit zones; below 0 they lie inside."""
TURNED: dict[Turned, tuple[int, ...]] = {
    "front_to_back": (1,),
    "head_to_foot": (2,),
    "both": (1, 2),
}
"""Along which of the patient's axes (left, posterior, superior) a copy runs the other way."""
_LEAST_SLAB_MM = 10.0
"""What is left of a thinner slab is no examination."""
Locate = Callable[[Volume], frozenset[Side]]
"""The sides that are located in an image; NotAssessableError where it is refused as a whole."""


class SlabRow(Record):
    """kept: the part of the slab that is left. located: share of the sides that are located."""

    kept: Kept
    beyond_mm: float
    located: Score


class TurnedRow(Record):
    """recognised: share of the copies in which no side is located."""

    turned: Turned
    recognised: Score


class RefusalScores(Record):
    """Over the studies of a folder of results that were prepared.

    slabs_recognised: share of the sides beyond the end of a slab for which nothing is located.
    turned_recognised: share of all copies turned over in which nothing is located.
    located_as_they_are: share of the sides located in the whole images.
    """

    schema_version: str = "1"
    models: tuple[ModelUsed, ...]
    studies: int
    slabs_recognised: Score
    slabs: tuple[SlabRow, ...]
    turned_recognised: Score
    turned: tuple[TurnedRow, ...]
    located_as_they_are: Score


@dataclass(frozen=True)
class _Tried:
    """One side of an image that was changed. how: in which way."""

    case: str
    how: tuple[Kept, float] | Turned | None
    located: bool


def refusal_scores(
    results: Sequence[GeneratedResult], locate: Locate, models: tuple[ModelUsed, ...]
) -> RefusalScores:
    """Change the reference of every prepared study in all ways, and locate its sides in each."""
    prepared = [one for one in results if one.folder.record("prepare").exists()]
    tried = [side for one in prepared for side in _tried(one, locate)]
    ways: list[tuple[Kept, float]] = [(k, mm) for k in ("above", "below") for mm in BEYOND_MM]
    missing = [one for one in tried if isinstance(one.how, tuple) and one.how[1] > 0]
    return RefusalScores(
        models=models,
        studies=len(prepared),
        slabs_recognised=_not_located(missing),
        slabs=tuple(
            SlabRow(kept=way[0], beyond_mm=way[1], located=_located(_in_way(tried, way)))
            for way in ways
        ),
        turned_recognised=_not_located([one for one in tried if isinstance(one.how, str)]),
        turned=tuple(
            TurnedRow(turned=way, recognised=_not_located(_in_way(tried, way))) for way in TURNED
        ),
        located_as_they_are=_located(_in_way(tried, None)),
    )


def _in_way(tried: Sequence[_Tried], how: tuple[Kept, float] | Turned | None) -> list[_Tried]:
    return [one for one in tried if one.how == how]


def _located(tried: Sequence[_Tried]) -> Score:
    return share(tried, lambda one: one.located, lambda one: one.case)


def _not_located(tried: Sequence[_Tried]) -> Score:
    return share(tried, lambda one: not one.located, lambda one: one.case)


def _tried(result: GeneratedResult, locate: Locate) -> Iterator[_Tried]:
    reference, case = _reference(result.folder), result.folder.case
    zones = [side.rez_lps_mm for side in result.truth.sides.values()]
    for side in SIDES:
        yield _Tried(case, None, side in _sides(reference, locate))
    for kept in ("above", "below"):
        for beyond in BEYOND_MM:
            slab = slab_without(reference, zones, kept, beyond)
            if slab is not None:
                found = _sides(slab, locate)
                yield from (_Tried(case, (kept, beyond), side in found) for side in SIDES)
    for way, axes in TURNED.items():
        yield _Tried(case, way, bool(_sides(turned_over(reference, axes), locate)))


def _sides(image: Volume, locate: Locate) -> frozenset[Side]:
    """A study that is refused as a whole has no side that was located."""
    try:
        return locate(image)
    except NotAssessableError:
        return frozenset()


def _reference(folder: CaseFolder) -> Volume:
    prepared = Preparation.read(folder.record("prepare"))
    return load_volume(folder.output.root / prepared.volumes[prepared.reference].file)


def turned_over(volume: Volume, axes: Sequence[int]) -> Volume:
    """The picture the other way round along some of the patient's axes; its header as it was.

    axes: 0 left, 1 posterior, 2 superior; each stands for the array's axis nearest to it.
    """
    directions = np.abs(volume.grid.affine[:3, :3] / volume.grid.voxel_mm)
    across = tuple(int(np.argmax(directions[axis])) for axis in axes)
    flipped = np.flip(volume.array, across)
    return Volume(np.ascontiguousarray(flipped), volume.grid)


def slab_without(
    volume: Volume, points_lps: ArrayLike, kept: Kept, beyond_mm: float
) -> Volume | None:
    """The slices on one side of all points; None where less than a thin slab is left.

    points_lps: (N, 3), mm. kept: the part nearer to the head ("above") or to the feet. beyond_mm:
    at least so far do all points lie beyond the slab's end, measured across the slices; below 0
    all lie inside, and the nearest by at most so much.
    """
    upward = volume.grid.affine[2, :3] / volume.grid.voxel_mm
    axis = int(np.argmax(np.abs(upward)))
    towards_head = upward[axis] > 0
    index = volume.grid.to_index(points_lps)[..., axis]
    away = beyond_mm / volume.grid.voxel_mm[axis] + 0.5
    low, high = np.zeros(3, dtype=int), np.array(volume.grid.shape)
    outside = beyond_mm > 0
    if (kept == "above") == towards_head:
        last = index.max() if outside else index.min()
        low[axis] = max(int(np.ceil(last + away)), 0)
    else:
        last = index.min() if outside else index.max()
        high[axis] = min(int(np.floor(last - away)) + 1, int(high[axis]))
    if (high[axis] - low[axis]) * volume.grid.voxel_mm[axis] < _LEAST_SLAB_MM:
        return None
    return subvolume(volume, low, high)
