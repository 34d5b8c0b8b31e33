"""Arrays of the same voxels in other axis orders correspond; anything else is noticed."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from pipeline.geometry.axismap import axis_map, largest_distance_mm
from pipeline.geometry.grid import Grid

AFFINE = np.array([[0.4, 0.1, 0, -5], [-0.1, 0.6, 0, 7], [0, 0, 0.9, 3], [0, 0, 0, 1.0]])
TARGET = Grid((4, 5, 6), AFFINE)


def rearranged(axes, backwards) -> tuple[Grid, np.ndarray]:
    """The grid and an array of TARGET's voxels with axes exchanged and reversed."""
    array = np.arange(120).reshape(4, 5, 6).transpose(axes)
    step = np.zeros((4, 4))
    step[3, 3] = 1
    for k, (axis, back) in enumerate(zip(axes, backwards, strict=True)):
        step[axis, k] = -1 if back else 1
        step[axis, 3] = TARGET.shape[axis] - 1 if back else 0
        if back:
            array = np.flip(array, k)
    return Grid(array.shape, AFFINE @ step), array


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_all_48_arrangements(axes):
    for backwards in product((False, True), repeat=3):
        source, array = rearranged(axes, backwards)
        mapping = axis_map(source, TARGET)
        assert mapping is not None
        assert (mapping.apply(array) == np.arange(120).reshape(4, 5, 6)).all()
        assert largest_distance_mm(source, TARGET, mapping) == pytest.approx(0, abs=1e-9)


def test_other_shape_or_turned_axes_do_not_correspond():
    assert axis_map(Grid((4, 5, 7), AFFINE), TARGET) is None
    assert axis_map(Grid((5, 4, 6), AFFINE), TARGET) is None


def test_distance_is_that_of_the_worst_corner():
    moved = AFFINE.copy()
    moved[2, 3] += 0.2
    stretched = AFFINE.copy()
    stretched[2, 2] += 0.01
    for affine, distance in ((moved, 0.2), (stretched, 0.05)):
        source = Grid(TARGET.shape, affine)
        mapping = axis_map(source, TARGET)
        assert mapping is not None
        assert largest_distance_mm(source, TARGET, mapping) == pytest.approx(distance)


def test_a_mirrored_affine_lies_far_away():
    """The same direction but counted from the other end: nothing corresponds."""
    mirrored = AFFINE.copy()
    mirrored[:3, 0] *= -1
    source = Grid(TARGET.shape, mirrored)
    mapping = axis_map(source, TARGET)
    assert mapping is not None
    assert largest_distance_mm(source, TARGET, mapping) > 1
