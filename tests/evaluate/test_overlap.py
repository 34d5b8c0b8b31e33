"""Dice and clDice of masks whose overlap is known, and the groups that sides fall into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.evaluate.known import KnownLesion, KnownSide, KnownStudy
from pipeline.evaluate.overlap import (
    SideOverlap,
    centreline_dice,
    dice,
    group_of,
    study_overlaps,
)
from pipeline.evaluate.overlap_table import overlap_table
from pipeline.evaluate.pairing import StudyPair
from pipeline.geometry import Volume
from pipeline.geometry.grid import isotropic
from pipeline.paths import OutputFolder
from pipeline.records.labels import Label


def bar(width: int, length: int = 40, start: int = 0) -> np.ndarray:
    """A bar along the first axis in a box of 40 x 15 x 15."""
    mask = np.zeros((40, 15, 15), dtype=bool)
    low = 7 - width // 2
    mask[start : start + length, low : low + width, low : low + width] = True
    return mask


def test_dice() -> None:
    first, second = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert dice(first, second) == pytest.approx(0.5)
    assert dice(np.zeros(4, dtype=bool), first) == 0.0


def test_the_centreline_forgives_thickness_but_not_absence() -> None:
    assert dice(bar(5), bar(3)) < 0.6
    assert centreline_dice(bar(5), bar(3)) > 0.95
    half = centreline_dice(bar(3, length=20), bar(3))  # all of it is right, half of it is there
    assert half == pytest.approx(2 * 1.0 * 0.5 / 1.5, abs=0.05)
    assert centreline_dice(bar(3), bar(3, length=20)) == pytest.approx(half, abs=0.05)
    assert centreline_dice(np.zeros_like(bar(3)), bar(3)) == 0.0
    assert centreline_dice(np.roll(bar(3), 6, axis=1), bar(3)) == 0.0


def test_an_aneurysm_near_the_midline_counts_for_its_own_side_alone(tmp_path: Path) -> None:
    grid = isotropic((0.0, 0.0, 0.0), 60.0, 1.0)
    labels = np.full(grid.shape, Label.OTHER, dtype=np.uint8)
    labels[28:32, 28:32, 28:32] = Label.ANEURYSM
    sides = {
        "left": KnownSide(rez_lps_mm=(12.0, 0.0, 0.0), aneurysm=KnownLesion(present=True)),
        "right": KnownSide(rez_lps_mm=(-12.0, 0.0, 0.0), aneurysm=KnownLesion(present=False)),
    }
    known = KnownStudy(("t2",), 1.0, sides, labels=lambda: Volume(labels, grid))  # type: ignore[arg-type]
    found = study_overlaps(StudyPair(known, OutputFolder(tmp_path).case("one")))
    assert [one.dice for one in found if one.dice] == [{"aneurysm": 0.0}]
    assert len(found) == 2


def test_groups_of_sizes() -> None:
    edges = (0.5, 0.6, 0.7)
    assert [group_of(v, edges) for v in (0.45, 0.5, 0.69, 0.7, None)] == [
        "below 0.5",
        "0.5-0.6",
        "0.6-0.7",
        "from 0.7",
        "unknown",
    ]


def side(patient: str, artery: float, **changes: object) -> SideOverlap:
    values = {
        "patient": patient,
        "sequences": "t2+tof",
        "voxel_group": "below 0.5",
        "vessel_group": "from 1.5",
        "grade": "near",
        "half_mm_with_tof": False,
        "dice": {"artery": artery},
    }
    return SideOverlap(**{**values, **changes})  # type: ignore[arg-type]


def test_each_structure_counts_where_it_is() -> None:
    sides = [
        side("a", 0.4),
        side("a", 0.6, grade="contact", half_mm_with_tof=True),
        side("b", 0.8, dice={"artery": 0.8, "tumour": 0.5}, sequences="t2"),
    ]
    found = overlap_table(sides)
    assert (found.all.artery.value, found.all.artery.count) == (pytest.approx(0.6), 3)
    assert (found.all.tumour.value, found.all.tumour.count) == (0.5, 1)
    assert (found.all.aneurysm.value, found.all.aneurysm.count) == (None, 0)
    assert found.half_mm_with_tof.artery.value == pytest.approx(0.6)
    assert found.by_sequences["t2"].artery.value == pytest.approx(0.8)
    assert {name: group.artery.count for name, group in found.by_grade.items()} == {
        "contact": 1,
        "near": 2,
    }
    assert set(found.by_vessel_mm) == {"from 1.5"}
