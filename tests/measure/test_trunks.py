"""Calibres of vertebral and basilar arteries: tubes of known width in the crops of both sides."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from pipeline.geometry import side_crop
from pipeline.geometry.grid import Side
from pipeline.measure.calibre import diameters_mm
from pipeline.measure.lesions import Midline
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.trunks import Trunks, basilar_laterality, trunks
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

from .rendering import Points, Scene, straight, tube

VOXEL_MM = 0.6
JUNCTION, TOP = np.array([0.0, 16.0, -47.0]), np.array([1.0, 13.0, -20.0])
ENTRY: dict[Side, Points] = {
    "left": np.array([12.0, 30.0, -66.0]),
    "right": np.array([-12.0, 30.0, -66.0]),
}
EXITS: dict[Side, Points] = {
    "left": np.array([11.0, 22.0, -47.0]),
    "right": np.array([-11.0, 22.0, -47.0]),
}
MIDDLE = Midline(np.array([0.0, 25.0, -42.0]), np.array([1.0, 0.0, 0.0]))
CROP_CENTRE: dict[Side, Points] = {
    "left": np.array([18.0, 22.0, -43.0]),
    "right": np.array([-18.0, 22.0, -43.0]),
}


def _bent(start: Points, over: Points, end: Points) -> Points:
    return np.concatenate([straight(start, over, 0.05)[:-1], straight(over, end, 0.05)])


def _tree(**widths: float) -> list[tuple[Points, float]]:
    """Courses with radii: both vertebral arteries and the basilar artery, a branch from each."""
    parts = [(straight(ENTRY[side], JUNCTION, 0.05), widths[side] / 2) for side in SIDES]
    parts.append((straight(JUNCTION, TOP, 0.05), widths["BA"] / 2))
    middle = 0.5 * (JUNCTION + TOP)
    parts.append((straight(middle, middle + [10.0, 6.0, -4.0], 0.05), 0.5))
    return parts


def _crops(parts: list[tuple[Points, float]], midline_x: float = 0.0) -> dict[Side, SoftLabels]:
    return {side: _crop(parts, side, midline_x) for side in SIDES}


def _crop(parts: list[tuple[Points, float]], side: Side, midline_x: float) -> SoftLabels:
    grid = side_crop(CROP_CENTRE[side] + [midline_x, 0.0, 0.0], side, 48.0, VOXEL_MM)
    places = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1)).reshape(-1, 3)
    away = np.min(
        [cKDTree(c).query(places, distance_upper_bound=6.0)[0] - r for c, r in parts], axis=0
    )
    share = np.clip(0.5 - away / VOXEL_MM, 0.0, 1.0).reshape(grid.shape)
    labels = np.zeros((1, len(Label), *grid.shape), dtype=np.uint8)
    labels[0, Label.ARTERY] = np.round(255 * share)
    labels[0, Label.OTHER] = 255 - labels[0, Label.ARTERY]
    return SoftLabels(labels, grid)


@pytest.fixture(scope="module")
def usual() -> Trunks:
    return trunks(_crops(_tree(left=3.4, right=2.6, BA=3.8)), MIDDLE, EXITS)


def test_calibres_of_a_tree(usual: Trunks) -> None:
    read = usual.calibres
    assert [read.VA_left, read.VA_right, read.BA] == pytest.approx([3.4, 2.6, 3.8], abs=0.1)


def test_courses_run_upwards_and_part_at_the_junction(usual: Trunks) -> None:
    assert usual.basilar is not None
    assert usual.basilar[0] == pytest.approx(JUNCTION, abs=4.5)
    assert usual.basilar[-1] == pytest.approx(TOP, abs=2.5)
    for side in SIDES:
        assert usual.vertebral[side][-1] == pytest.approx(JUNCTION, abs=4.5)


def test_a_thin_vertebral_artery_is_not_measured_and_does_not_hide_the_others() -> None:
    found = trunks(_crops(_tree(left=3.4, right=1.2, BA=3.2)), MIDDLE, EXITS)
    read = found.calibres
    assert read.VA_right is None
    assert [read.VA_left, read.BA] == pytest.approx([3.4, 3.2], abs=0.1)


def test_one_side_or_no_artery_gives_nothing() -> None:
    crops = _crops(_tree(left=3.4, right=2.6, BA=3.8))
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
    found = trunks(_crops(parts), MIDDLE, EXITS)
    assert list(found.vertebral) == sides
    assert found.basilar is not None


@pytest.mark.parametrize("towards", ["left", "right"])
def test_laterality_is_one_at_the_exit_point(towards: Side) -> None:
    sign = 1.0 if towards == "left" else -1.0
    over = np.array([sign * 11.0, 14.0, -35.0])
    parts = [(straight(ENTRY[side], JUNCTION, 0.05), 1.6) for side in SIDES]
    parts.append((_bent(JUNCTION, over, TOP), 2.0))
    found = trunks(_crops(parts), MIDDLE, EXITS)
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
