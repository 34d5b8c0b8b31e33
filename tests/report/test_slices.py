"""Left is left in every cut, however the voxels are stored."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume
from pipeline.records.labels import Label
from pipeline.report.slices import cut, outlines
from pipeline.report.view_plane import axial

PIXELS, SIZE_MM = 200, 40.0
CENTRE = np.array([0.0, -20.0, -30.0])
BLOB = CENTRE + [9.0, -4.0, 0.0]
"""On the patient's left, towards the front."""
EXPECTED = (PIXELS / 2 + 9.0 * 5 - 0.5, PIXELS / 2 - 4.0 * 5 - 0.5)
"""Its column and row: pixels are 0.2 mm."""

ORDERS = [(axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def stored(axes: tuple[int, ...], signs: tuple[int, ...], tilt_rad: float = 0.0) -> Grid:
    """A grid around CENTRE whose array axes run along the named LPS axes, back and forth."""
    spacing = np.array([0.9, 0.7, 0.8])
    matrix = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        matrix[axis, column] = sign * spacing[column]
    c, s = np.cos(tilt_rad), np.sin(tilt_rad)
    matrix = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ matrix
    matrix = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ matrix
    shape = (70, 90, 80)
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = CENTRE - matrix @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def blob(grid: Grid, centre: NDArray[np.float64] = BLOB, radius_mm: float = 2.5) -> Volume:
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    distance = np.linalg.norm(grid.to_lps(index) - centre, axis=-1)
    return Volume((1000 * (distance < radius_mm)).astype(np.int16), grid)


def middle_of(picture: NDArray[np.float32]) -> tuple[float, float]:
    """Column and row of the centre of brightness."""
    rows, columns = np.indices(picture.shape)
    weight = np.clip(picture, 0, None)
    return (
        float((columns * weight).sum() / weight.sum()),
        float((rows * weight).sum() / weight.sum()),
    )


@pytest.mark.parametrize(("axes", "signs"), ORDERS)
def test_a_blob_on_the_patients_left_is_on_the_right_of_the_picture(
    axes: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    picture = cut(blob(stored(axes, signs)), axial(CENTRE, SIZE_MM), PIXELS)

    assert middle_of(picture) == pytest.approx(EXPECTED, abs=1.5)
    assert picture.max() > 900


@pytest.mark.parametrize("tilt", [-0.4, 0.25])
def test_so_it_is_in_oblique_slabs(tilt: float) -> None:
    picture = cut(blob(stored((0, 1, 2), (-1, 1, 1), tilt)), axial(CENTRE, SIZE_MM), PIXELS)

    assert middle_of(picture) == pytest.approx(EXPECTED, abs=1.5)


def test_a_volume_in_another_frame_is_cut_where_the_registration_says() -> None:
    to_volume = np.eye(4)
    to_volume[:3, 3] = (3.0, -2.0, 1.5)
    moved = blob(stored((0, 1, 2), (1, 1, 1)), BLOB + to_volume[:3, 3])

    registered = cut(moved, axial(CENTRE, SIZE_MM), PIXELS, to_volume)
    unregistered = cut(moved, axial(CENTRE, SIZE_MM), PIXELS)

    assert middle_of(registered) == pytest.approx(EXPECTED, abs=1.5)
    assert middle_of(unregistered) == pytest.approx((EXPECTED[0] + 15, EXPECTED[1] - 10), abs=1.5)


def test_outside_the_volume_there_is_nothing() -> None:
    volume = blob(stored((0, 1, 2), (1, 1, 1)))
    beside = cut(volume, axial(CENTRE + [0, 0, 200.0], SIZE_MM), PIXELS, outside=-7.0)
    half = cut(volume, axial(CENTRE + [30.0, 0, 0], SIZE_MM), PIXELS, outside=-7.0)

    assert (beside == -7.0).all()
    assert (half[:, -20:] == -7.0).all()
    assert (half[:, :100] >= 0.0).all()


def test_interpolation_paints_no_rim_beside_a_bright_vessel() -> None:
    picture = cut(blob(stored((0, 1, 2), (1, 1, 1))), axial(CENTRE, SIZE_MM), PIXELS)

    assert picture.min() == 0.0
    assert picture.max() == 1000.0


@pytest.mark.parametrize(("axes", "signs"), ORDERS[::7])
def test_outlines_lie_around_their_label(axes: tuple[int, ...], signs: tuple[int, ...]) -> None:
    grid = stored(axes, signs)
    artery, nerve = blob(grid), blob(grid, CENTRE - [8.0, 0.0, 0.0], 1.2)
    labels = np.where(artery.array > 0, Label.ARTERY, 0)
    labels = np.where(nerve.array > 0, Label.FACIAL_NERVE_REZ, labels).astype(np.uint8)

    found = dict(outlines(Volume(labels, grid), axial(CENTRE, SIZE_MM), PIXELS))

    assert set(found) == {Label.ARTERY, Label.FACIAL_NERVE_REZ}
    line = np.concatenate(found[Label.ARTERY]) * SIZE_MM
    around = np.linalg.norm(line - (29.0, 16.0), axis=1)
    assert around.min() > 1.7
    assert around.max() < 3.2
    assert np.concatenate(found[Label.FACIAL_NERVE_REZ])[:, 0].max() < 0.5


def test_a_label_elsewhere_is_not_outlined() -> None:
    grid = stored((0, 1, 2), (1, 1, 1))
    far = blob(grid, CENTRE + [0, 0, 20.0])
    labels = Volume((Label.VEIN * (far.array > 0)).astype(np.uint8), grid)

    assert list(outlines(labels, axial(CENTRE, SIZE_MM), PIXELS)) == []
