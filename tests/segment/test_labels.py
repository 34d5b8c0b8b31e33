from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, side_crop
from pipeline.records.base import Side
from pipeline.segment.labels import label_image


def ball(grid: Grid, centre: NDArray[np.float64], radius_mm: float) -> NDArray[np.bool_]:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    return np.asarray(np.linalg.norm(grid.to_lps(index) - centre, axis=-1) < radius_mm)


def certain(grid: Grid, label: int, where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    probabilities = np.zeros((2, 9, *grid.shape), dtype=np.uint8)
    probabilities[:, 0] = np.where(where, 0, 255)
    probabilities[:, label] = np.where(where, 255, 0)
    return probabilities


def reference(angles: tuple[float, float, float], voxel: tuple[float, float, float]) -> Grid:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine[:3, :3] = turn @ np.diag(voxel) @ np.diag([-1, 1, 1])
    shape = (90, 60, 40)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


@pytest.mark.parametrize("angles", [(0, 0, 0), (20, -15, 30)])
def test_labels_land_where_they_are_in_the_patient(angles: tuple[float, float, float]) -> None:
    grid = reference(angles, (0.6, 0.6, 0.8))
    centres: dict[Side, NDArray[np.float64]] = {
        "left": np.array([14.0, 2.0, 1.0]),
        "right": np.array([-14.0, -1.0, -2.0]),
    }
    sides = {}
    for label, (side, centre) in enumerate(centres.items(), start=4):
        crop = side_crop(centre + 1.0, side, 16.0, 0.4)
        sides[side] = (certain(crop, label, ball(crop, centre, 4.0)), crop)
    found = label_image(sides, grid)
    assert found.dtype == np.uint8
    for label, centre in enumerate(centres.values(), start=4):
        true = ball(grid, centre, 4.0)
        dice = 2 * (true & (found == label)).sum() / (true.sum() + (found == label).sum())
        assert dice > 0.95
        middle = grid.to_lps(np.argwhere(found == label).mean(axis=0))
        assert np.linalg.norm(middle - centre) < 0.15


def test_where_crops_overlap_the_nearer_centre_decides() -> None:
    grid = reference((0, 0, 0), (0.6, 0.6, 0.6))
    everywhere: dict[Side, tuple[NDArray[np.uint8], Grid]] = {}
    for side, x, label in (("left", 4.0, 5), ("right", -4.0, 6)):
        crop = side_crop([x, 0.0, 0.0], side, 16.0, 0.4)  # type: ignore[arg-type]
        everywhere[side] = (certain(crop, label, np.ones(crop.shape, bool)), crop)  # type: ignore[index]
    found = label_image(everywhere, grid)
    for label, sign in ((5, 1), (6, -1)):
        x = grid.to_lps(np.argwhere(found == label))[:, 0]
        assert (sign * x > -1e-6).all()
    assert (found[0] == 0).all()
    assert abs((found > 0).sum() * grid.voxel_volume_mm3 - 24 * 16 * 16) < 500


def test_a_crop_beside_the_image_leaves_it_empty() -> None:
    grid = reference((0, 0, 0), (0.6, 0.6, 0.6))
    crop = side_crop([300.0, 0.0, 0.0], "left", 8.0, 0.4)
    assert not label_image(
        {"left": (certain(crop, 5, np.ones(crop.shape, bool)), crop)}, grid
    ).any()
