"""Single slices become one regular volume, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry.frames import Frame
from pipeline.geometry.slices import Stack, StackProblem, stack_of

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))


def frame(position: Sequence[float], directions=AXIAL, rows: int = 10) -> Frame:
    x, y, z = position
    return Frame((x, y, z), *directions, 0.5, 0.4, rows, 12, 0.7)


def axial(*heights: float) -> list[Frame]:
    return [frame((1.0, 2.0, z)) for z in heights]


def code_of(frames: list[Frame]) -> str:
    found = stack_of(frames)
    assert isinstance(found, StackProblem)
    return found.code


@settings(deadline=None)
@given(st.permutations(range(9)))
def test_any_order_of_slices_gives_the_same_grid(order):
    found = stack_of(axial(*(-3 + 0.7 * k for k in order)))
    assert isinstance(found, Stack)
    expected = [[0.4, 0, 0, 1], [0, 0.5, 0, 2], [0, 0, 0.7, -3], [0, 0, 0, 1]]
    np.testing.assert_allclose(found.grid.affine, expected, atol=1e-9)
    assert found.grid.shape == (12, 10, 9)
    assert [order[index] for index in found.order] == list(range(9))


def test_slices_follow_row_cross_column_whatever_the_anatomy():
    """Coronal slices with columns to the feet: the normal points to the back, +y."""
    found = stack_of([frame((0, y, 0), CORONAL) for y in (2.0, 0.0, 1.0)])
    assert isinstance(found, Stack)
    np.testing.assert_allclose(found.grid.affine[:3, 2], [0, 1, 0])
    assert found.order == (1, 2, 0)


def test_spacing_comes_from_positions_and_rounding_is_forgiven():
    found = stack_of(axial(0, 0.701, 1.399, 2.1, 2.801))
    assert isinstance(found, Stack)
    assert found.slice_spacing_mm == pytest.approx(2.801 / 4)
    assert found.in_plane_mm == 0.5


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([], "no_position"),
        (axial(0), "too_few_slices"),
        (axial(0, 1, 2, 4, 5), "missing_slices"),
        (axial(0, 1, 2, 5, 6), "missing_slices"),
        (axial(0, 1, 2, 3.5, 4.5), "uneven_spacing"),
        (axial(0, 1, 2.2, 3.2, 4.2, 5.2), "uneven_spacing"),
        (axial(0, 1, 1, 2, 3), "doubled_slices"),
        (axial(0, 1, 2, 0, 1, 2), "several_volumes"),
        ([frame((0, 0, 0)), frame((0, 0, 1), rows=11)], "mixed_size"),
        ([frame((0, 0, 0)), frame((0, 1, 0), CORONAL)], "mixed_orientation"),
        ([frame((0, 0.25 * k, k)) for k in range(5)], "tilted"),
        ([frame((0.3 * (k == 2), 0, k)) for k in range(5)], "uneven_spacing"),
        ([frame((0.3 * (k == 4), 0, k)) for k in range(5)], "uneven_spacing"),
        ([frame((0, 0, k), ((2.0, 0, 0), (0, 1.0, 0))) for k in range(3)], "no_position"),
        ([frame((0, 0, k), ((1.0, 0, 0), (0.6, 0.8, 0))) for k in range(3)], "no_position"),
    ],
)
def test_refusals(frames, code):
    assert code_of(frames) == code


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ((0, 1, 2, 4, 5, 8),
         "3 missing among 6 slices that lie 1.00 mm apart, at 3.0, 6.0, 7.0 mm"),
        ((0, 1, 1, 2, 3), "1 place has several slices, at 1.0 mm"),
        ((0, 1, 2.3, 3.3, 4.3),
         "the slices are 1.00 to 1.30 mm apart, unevenly at 2.3 mm"),
        ((*range(10), 19.0),
         ("9 missing among 11 slices that lie 1.00 mm apart, at 10.0, 11.0, 12.0, 13.0, 14.0, "
          "15.0 mm and 3 more")),
    ],
)  # fmt: skip
def test_the_sentence_names_the_places(heights, message):
    found = stack_of(axial(*heights))
    assert isinstance(found, StackProblem)
    assert found.message == f"{message} along the slice direction"


@settings(deadline=None)
@given(
    st.integers(5, 60), st.floats(0.3, 3.0), st.floats(-80, 80),
    st.sets(st.integers(1, 58), min_size=1, max_size=2), st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_slices_left_out_are_found_and_named(count, spacing_mm, first_mm, left_out, rng):
    """Whatever the spacing, the start and the order of files."""
    gone = sorted(k for k in left_out if k < count - 1)
    heights = [first_mm + k * spacing_mm for k in range(count) if k not in gone]
    rng.shuffle(heights)
    found = stack_of(axial(*heights))
    if not gone:
        assert isinstance(found, Stack)
    elif count > 8:  # of fewer, half may be gone, and the rest is a coarser volume
        assert isinstance(found, StackProblem)
        assert found.code == "missing_slices"
        named = found.message.split(", at ")[1].split(" mm")[0].split(", ")
        expected = [first_mm + k * spacing_mm for k in gone]
        assert [float(text) for text in named] == pytest.approx(expected, abs=0.051)
