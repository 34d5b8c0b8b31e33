"""Cuts and turns leave what they say, and a localiser that is wrong about them is counted so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.errors import NotAssessableError
from pipeline.evaluate.generated import GeneratedResult
from pipeline.evaluate.refusals import (
    BEYOND_MM,
    TURNED,
    Kept,
    Turned,
    refusal_scores,
    slab_without,
    turned_over,
)
from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import OutputFolder
from pipeline.phantom.acquire import rigid
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.volumes import Preparation, PreparedVolume
from tests.assess import simulated

LEFT, RIGHT = (12.0, 3.0, 1.0), (-12.0, 3.0, -1.0)
SHAPE = (40, 40, 90)


def _slab(tilt: float, slice_mm: float, *, upside_down: bool = False) -> Volume:
    """Sagittally tilted slices around the origin; every voxel holds its slice's number."""
    affine = np.diag([1.2, 1.2, -slice_mm if upside_down else slice_mm, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    turn = rigid(np.array([tilt, 0.0, 0.0]), np.zeros(3), np.zeros(3))
    array = np.broadcast_to(np.arange(SHAPE[2], dtype=np.float32), SHAPE).copy()
    return Volume(array, Grid(SHAPE, turn @ affine))


def _beyond_mm(volume: Volume, points: NDArray[np.float64], kept: Kept) -> NDArray[np.float64]:
    """Of each point beyond the end that was cut, across the slices; negative inside."""
    index = volume.grid.to_index(points)[:, 2]
    cut_first = (kept == "above") == (volume.grid.affine[2, 2] > 0)
    beyond = -0.5 - index if cut_first else index - (volume.grid.shape[2] - 0.5)
    return np.asarray(beyond * volume.grid.voxel_mm[2])


@given(
    tilt=st.floats(-0.5, 0.5),
    slice_mm=st.floats(0.3, 1.2),
    beyond=st.sampled_from(BEYOND_MM),
    kept=st.sampled_from(["above", "below"]),
    upside_down=st.booleans(),
)
def test_what_is_left_lies_on_one_side_and_far_enough(
    tilt: float, slice_mm: float, beyond: float, kept: Kept, upside_down: bool
) -> None:
    whole = _slab(tilt, slice_mm, upside_down=upside_down)
    points = np.array([LEFT, RIGHT])
    left = slab_without(whole, points, kept, beyond)
    if left is None:
        room = SHAPE[2] / 2 * slice_mm - beyond - 5.0 - 2 * slice_mm  # places up to 3 mm off
        assert room < 10.0
        return
    here = _beyond_mm(left, points, kept)
    nearest = here.min() if beyond > 0 else here.max()
    if left.grid.shape != whole.grid.shape:
        assert beyond - 1e-9 <= nearest <= beyond + slice_mm + 1e-9
    assert (here > 0).all() if beyond > 0 else (here < 0).all()
    if beyond > 0:
        assert (left.grid.centre_lps[2] > 0) == (kept == "above")
    first = left.grid.to_lps([0, 0, 0])
    assert np.allclose(whole.grid.to_index(first), [0, 0, left.array[0, 0, 0]])


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("way", TURNED)
def test_a_copy_turned_over_shows_what_was_opposite(way: Turned, upside_down: bool) -> None:
    whole = _slab(0.1, 0.8, upside_down=upside_down)
    copy = turned_over(whole, TURNED[way])
    assert copy.grid is whole.grid
    assert np.array_equal(copy.array[..., 0], whole.array[..., -1 if 2 in TURNED[way] else 0])


def test_axes_of_the_patient_are_turned_over_not_those_of_the_array() -> None:
    affine = np.array([[0, 0, 1.0, 0], [1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1.0]])
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    sagittal = Volume(array, Grid((2, 3, 4), affine))
    assert np.array_equal(turned_over(sagittal, (1,)).array, array[::-1])
    assert np.array_equal(turned_over(sagittal, (2,)).array, array[:, ::-1])


def test_what_is_thinner_than_an_examination_is_left_out() -> None:
    whole = _slab(0.0, 0.3)  # 27 mm: 13.5 on either side
    assert slab_without(whole, [LEFT, RIGHT], "above", 1.0) is not None
    assert slab_without(whole, [LEFT, RIGHT], "above", 4.0) is None


@pytest.fixture
def prepared(tmp_path: Path) -> GeneratedResult:
    """A generated study whose slab, 72 mm high, was prepared."""
    output = OutputFolder(tmp_path)
    places: dict[Side, Point] = {"left": LEFT, "right": RIGHT}
    sides = {side: simulated.side_truth(2.0, rez_lps_mm=places[side]) for side in SIDES}
    known = simulated.truth(1, sides=sides)
    case = output.case("one")
    save_volume(_slab(0.1, 0.8), tmp_path / "t2.nii.gz")
    placed = PreparedVolume(
        role="t2",
        series_instance_uid="1.2.3",
        file="t2.nii.gz",
        voxel_mm=(1.2, 1.2, 0.8),
        reference_to_volume_lps=tuple(tuple(map(float, row)) for row in np.eye(4)),
        residual_mm=0.0,
        intensity_low=0.0,
        intensity_high=200.0,
    )
    Preparation(case="one", reference="t2", volumes={"t2": placed}, refused=(), degraded=()).write(
        case.record("prepare")
    )
    return GeneratedResult(known, tmp_path / "labels.nii.gz", case)


def test_sides_that_are_located_all_the_same_count_against_it(prepared: GeneratedResult) -> None:
    seen: list[int] = []

    def locate(slab: Volume) -> frozenset[Side]:
        """Right only while the slab is thick, and then the left side alone; else a refusal."""
        seen.append(slab.array.shape[2])
        if slab.array.shape[2] * 0.8 > 30.0:
            return frozenset({"left"})
        if slab.array.shape[2] * 0.8 > 25.0:
            return frozenset()
        raise NotAssessableError("rez_not_in_image", "not there")

    scores = refusal_scores([prepared], locate, ())
    beyond = [count for count in seen if count * 0.8 < 36.5]  # the others keep the middle
    assert len(beyond) == 2 * sum(mm > 0 for mm in BEYOND_MM)
    invented = sum(count * 0.8 > 30.0 for count in beyond)
    assert invented
    assert scores.slabs_recognised.count == len(beyond) * len(SIDES)
    expected = 1 - invented / (2 * len(beyond))
    assert scores.slabs_recognised.value == pytest.approx(expected, abs=1e-4)
    near = [row for row in scores.slabs if row.beyond_mm == 1.0]
    assert [row.located.value for row in near] == [0.5, 0.5]
    assert {(row.kept, row.beyond_mm) for row in scores.slabs} == {
        (kept, mm) for kept in ("above", "below") for mm in BEYOND_MM
    }
    assert scores.located_as_they_are.value == 0.5


def test_a_copy_turned_over_counts_once_whichever_side_is_located(
    prepared: GeneratedResult,
) -> None:
    def locate(image: Volume) -> frozenset[Side]:
        """Believes every picture whose first slice is the lowest, as they are made."""
        whole = image.array.shape[2] == SHAPE[2]
        return frozenset(SIDES if whole and image.array[0, 0, 0] == 0 else ())

    scores = refusal_scores([prepared], locate, ())
    assert {row.turned: row.recognised.value for row in scores.turned} == {
        "front_to_back": 0.0,
        "head_to_foot": 1.0,
        "both": 1.0,
    }
    assert scores.turned_recognised.count == len(TURNED)
    assert scores.located_as_they_are.value == 1.0


def test_studies_that_were_not_prepared_are_left_out(
    prepared: GeneratedResult, tmp_path: Path
) -> None:
    other = GeneratedResult(prepared.truth, prepared.labels, OutputFolder(tmp_path).case("two"))
    scores = refusal_scores([prepared, other], lambda _: frozenset(), ())
    assert scores.studies == 1
    assert scores.slabs_recognised.value == 1.0
