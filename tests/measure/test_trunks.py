"""Calibres of vertebral and basilar arteries: tubes of known width in the crops of both sides."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry.grid import Side
from pipeline.measure.calibre import diameters_mm
from pipeline.measure.trunks import Trunks, basilar_laterality, trunks
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

from .arterial_trees import ENTRY, EXITS, JUNCTION, MIDDLE, TOP, bent, crops_of, tree_of
from .rendering import Scene, straight, tube


@pytest.fixture(scope="module")
def usual() -> Trunks:
    return trunks(crops_of(tree_of(left=3.4, right=2.6, BA=3.8)), MIDDLE, EXITS)


def test_calibres_of_atree_of(usual: Trunks) -> None:
    read = usual.calibres
    assert [read.VA_left, read.VA_right, read.BA] == pytest.approx([3.4, 2.6, 3.8], abs=0.1)


def test_courses_run_upwards_and_part_at_the_junction(usual: Trunks) -> None:
    assert usual.basilar is not None
    assert usual.junction_lps == pytest.approx(JUNCTION, abs=3.5)
    assert usual.basilar[0] == pytest.approx(JUNCTION, abs=4.5)
    assert usual.basilar[-1] == pytest.approx(TOP, abs=2.5)
    assert len(usual.vertebral) == 2
    for course in usual.vertebral:
        assert course[-1] == pytest.approx(JUNCTION, abs=4.5)


def test_a_thin_vertebral_artery_is_not_measured_and_does_not_hide_the_others() -> None:
    found = trunks(crops_of(tree_of(left=3.4, right=1.2, BA=3.2)), MIDDLE, EXITS)
    read = found.calibres
    assert read.VA_right is None
    assert [read.VA_left, read.BA] == pytest.approx([3.4, 3.2], abs=0.1)
    assert found.junction_lps is None


def test_one_side_or_no_artery_gives_nothing() -> None:
    crops = crops_of(tree_of(left=3.4, right=2.6, BA=3.8))
    assert trunks({"left": crops["left"]}, MIDDLE, EXITS).calibres.BA is None
    assert trunks(crops, None, EXITS).calibres.BA is None
    empty = Scene(20).soft_labels("left"), Scene(20).soft_labels("right")
    assert trunks({"left": empty[0], "right": empty[1]}, MIDDLE, EXITS).basilar is None


@pytest.mark.parametrize(("away_mm", "sides"), [(0.5, []), (8.0, ["left"])])
def test_a_lone_vertebral_artery_along_the_midline_has_no_side(
    away_mm: float, sides: list[Side]
) -> None:
    entry = np.array([away_mm, 30.0, -66.0])
    parts = [(straight(entry, JUNCTION, 0.05), 1.7), (straight(JUNCTION, TOP, 0.05), 1.8)]
    found = trunks(crops_of(parts), MIDDLE, EXITS)
    read = {"left": found.calibres.VA_left, "right": found.calibres.VA_right}
    assert [side for side in SIDES if read[side] is not None] == sides
    assert found.name_near(0.5 * (entry + JUNCTION)) == "VA"
    assert found.basilar is not None


@pytest.mark.parametrize("towards", ["left", "right"])
def test_laterality_is_one_at_the_exit_point(towards: Side) -> None:
    sign = 1.0 if towards == "left" else -1.0
    over = np.array([sign * 11.0, 14.0, -35.0])
    parts = [(straight(ENTRY[side], JUNCTION, 0.05), 1.6) for side in SIDES]
    parts.append((bent(JUNCTION, over, TOP), 2.0))
    found = trunks(crops_of(parts), MIDDLE, EXITS)
    share = basilar_laterality(found, MIDDLE, EXITS)
    assert share == pytest.approx(1.0, abs=0.12)
    other: Side = "right" if towards == "left" else "left"
    assert basilar_laterality(found, MIDDLE, {other: EXITS[other]}) is None


@pytest.mark.parametrize("direction", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.5, -0.8]])
@pytest.mark.parametrize("radius", [0.6, 1.4, 2.6])
def test_diameter_of_a_straight_tube_whatever_its_direction(
    direction: list[float], radius: float
) -> None:
    centre = np.array([9.6, 9.6, 9.6])
    half = 7.0 * np.array(direction) / np.linalg.norm(direction)
    scene = Scene(48).add(Label.ARTERY, tube(straight(centre - half, centre + half), radius))
    course = straight(centre - 0.4 * half, centre + 0.4 * half, 0.5)
    found = diameters_mm(scene.soft_labels().share(Label.ARTERY), 0.4, course)
    assert found == pytest.approx(2 * radius, rel=0.03)


def test_a_neighbour_does_not_widen_a_tube() -> None:
    first, second = np.array([6.0, 9.6, 9.6]), np.array([9.4, 9.6, 9.6])
    along = np.array([0.0, 0.0, 7.0])
    scene = Scene(48).add(Label.ARTERY, tube(straight(first - along, first + along), 1.4))
    scene.add(Label.ARTERY, tube(straight(second - along, second + along), 1.4))
    course = straight(first - 0.4 * along, first + 0.4 * along, 0.5)
    found = diameters_mm(scene.soft_labels().share(Label.ARTERY), 0.4, course)
    assert found == pytest.approx(2.8, abs=0.1)
