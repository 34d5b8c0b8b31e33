"""What the registration sees of a volume: the same, however the file lays out its axes."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume
from pipeline.prepare.upright import (
    central_grid,
    covering_grid,
    overlap_share,
    surrounding_grid,
    upright_image,
)

LAYOUTS = list(product(permutations(range(3)), product((1, -1), repeat=3)))


def oblique_volume() -> Volume:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", [0.2, -0.1, 0.15]).as_matrix()
    affine[:3, :3] = turn @ np.diag([0.8, 0.9, 1.2])
    affine[:3, 3] = [-12.0, 20.0, -50.0]
    array = np.random.default_rng(0).gamma(2.0, 50.0, (24, 20, 16)).astype(np.float32)
    return Volume(array, Grid((24, 20, 16), affine))


def laid_out(volume: Volume, order: tuple[int, ...], signs: tuple[int, ...]) -> Volume:
    """The same voxels at the same places, with the array's axes in another order and direction."""
    array = volume.array.transpose(order)
    change = np.eye(4)
    change[:3, :3] = np.eye(3)[:, order] @ np.diag(signs)
    for axis, sign in enumerate(signs):
        if sign < 0:
            change[order[axis], 3] = array.shape[axis] - 1
            array = np.flip(array, axis)
    return Volume(array, Grid(array.shape, volume.grid.affine @ change))  # type: ignore[arg-type]


@pytest.mark.parametrize(("order", "signs"), LAYOUTS)
def test_the_layout_of_the_file_does_not_matter(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    volume = oblique_volume()
    region = central_grid(volume.grid)
    expected = upright_image(volume, region)
    seen = upright_image(laid_out(volume, order, signs), region)
    for one, other in ((seen.image, expected.image), (seen.counted, expected.counted)):
        assert one.GetSize() == other.GetSize()
        first, second = sitk.GetArrayFromImage(one), sitk.GetArrayFromImage(other)
        assert np.mean(~np.isclose(first, second, atol=0.01)) < 0.002  # rounding at the border


def test_a_bright_voxel_stays_where_the_patient_has_it() -> None:
    array = np.zeros((30, 30, 30), dtype=np.float32)
    array[5, 10, 20] = 100.0
    array[..., :3] = 100.0  # so that the voxel is no outlier
    affine = np.diag([-1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = [14.0, -15.0, 7.0]
    volume = Volume(array, Grid((30, 30, 30), affine))
    image = upright_image(volume, covering_grid(volume.grid)).image
    index = image.TransformPhysicalPointToIndex([14.0 - 5, -15.0 + 10, 7.0 + 20])
    assert image[index] == pytest.approx(100.0)
    mirrored = image.TransformPhysicalPointToIndex([14.0 - 24, -15.0 + 10, 7.0 + 20])
    assert image[mirrored] == 0.0


def test_what_was_not_scanned_does_not_count() -> None:
    volume = oblique_volume()
    grid = covering_grid(volume.grid)
    counted = sitk.GetArrayFromImage(upright_image(volume, grid).counted).transpose(2, 1, 0)
    points = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    assert not counted[~volume.grid.contains(points)].any()
    assert counted[volume.grid.contains(points, margin_mm=0.7)].all()


def test_a_part_of_an_image_counts_alone() -> None:
    volume = oblique_volume()
    grid = central_grid(volume.grid)
    whole = upright_image(volume, grid)
    front = np.zeros(grid.shape, dtype=bool)
    front[:, : grid.shape[1] // 2] = True
    masks = [
        sitk.GetArrayFromImage(image.counted).transpose(2, 1, 0).astype(bool)
        for image in (whole, whole.only(front), whole.only(~front))
    ]
    assert np.array_equal(masks[0], masks[1] | masks[2])
    assert not (masks[1] & masks[2]).any()
    assert not masks[1][~front].any()
    assert masks[1].any()


def test_only_the_middle_of_a_whole_head_counts() -> None:
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    affine[:3, 3] = [100.0, 130.0, -90.0]
    head = Grid((200, 240, 220), affine)
    region = central_grid(head)
    assert region.shape == (120, 120, 120)
    assert np.allclose(region.centre_lps, head.centre_lps)
    slab = Grid((200, 240, 40), affine)
    assert central_grid(slab).shape == (120, 120, 40)


def test_a_whole_head_is_cut_down_to_the_neighbourhood_of_the_region() -> None:
    affine = np.eye(4)
    affine[:3, 3] = [-100.0, -120.0, -110.0]
    head = Grid((201, 241, 221), affine)
    centred = np.eye(4)
    centred[:3, 3] = -20.0
    region = Grid((41, 41, 41), centred)
    kept = surrounding_grid(head, region)
    assert np.allclose(kept.to_lps([0, 0, 0]), -50.0)
    assert kept.shape == (101, 101, 101)
    assert surrounding_grid(region, head).shape == region.shape


def test_overlap_is_a_share_of_the_region() -> None:
    region = Grid((40, 40, 40), np.eye(4))
    half = np.eye(4)
    half[0, 3] = 20.0
    assert overlap_share(region, Grid((40, 40, 40), half)) == pytest.approx(0.5, abs=0.05)
    assert overlap_share(region, region) == 1.0
    half[0, 3] = 200.0
    assert overlap_share(region, Grid((40, 40, 40), half)) == 0.0
