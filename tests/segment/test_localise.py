from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume
from pipeline.segment.localise import (
    Landmark,
    LocaliserOutput,
    localise,
    plausible_sides,
    read_maps,
)
from pipeline.segment.peaks import CHANNELS
from pipeline.settings import SegmentSettings, load_settings
from tests.segment.fakes import gaussian, marker_engine

POINTS = {
    "left_rez": (14.0, 20.0, -30.0),
    "right_rez": (-14.0, 21.0, -30.0),
    "left_porus": (31.0, 14.0, -28.0),
    "right_porus": (-31.0, 15.0, -28.0),
}
Output = dict[str, tuple[float, float, float]]


@pytest.fixture(scope="module")
def segment() -> SegmentSettings:
    return load_settings().segment


def output_with(
    changes: Output | None = None,
    confidence: dict[str, float] | None = None,
    at_edge: tuple[str, ...] = (),
    brainstem: tuple[float, float, float] | None = (0.0, 30.0, -30.0),
) -> LocaliserOutput:
    points = {**POINTS, **(changes or {})}
    landmarks = {
        name: Landmark(np.array(points[name]), (confidence or {}).get(name, 0.8), name in at_edge)
        for name in CHANNELS
    }
    return LocaliserOutput(landmarks, None if brainstem is None else np.array(brainstem))


def test_plausible_landmarks_keep_their_sides(segment: SegmentSettings) -> None:
    sides = plausible_sides(output_with(), segment)
    assert sides.reasons == {}
    assert sides.found["left"].rez_lps_mm == POINTS["left_rez"]
    assert sides.found["right"].porus_lps_mm == POINTS["right_porus"]


IMPLAUSIBLE: list[Output] = [
    {"left_rez": POINTS["right_rez"], "right_rez": POINTS["left_rez"]},
    {name: (-p[0], p[1], p[2]) for name, p in POINTS.items()},
    {"left_rez": (5.0, 20.0, -30.0), "right_rez": (-5.0, 20.0, -30.0)},
    {
        "left_rez": (30.0, 20.0, -30.0),
        "right_rez": (-30.0, 20.0, -30.0),
        "left_porus": (40.0, 14.0, -28.0),
        "right_porus": (-40.0, 14.0, -28.0),
    },
    {"left_rez": (14.0, 20.0, -10.0), "left_porus": (26.0, 14.0, -10.0)},
    {"left_rez": (14.0, 40.0, -30.0), "left_porus": (26.0, 34.0, -30.0)},
]


@pytest.mark.parametrize("changes", IMPLAUSIBLE)
def test_implausible_pairs_are_refused(segment: SegmentSettings, changes: Output) -> None:
    for brainstem in (None, (0.0, 30.0, -30.0)):
        sides = plausible_sides(output_with(changes, brainstem=brainstem), segment)
        assert sides.found == {}
        assert set(sides.reasons.values()) == {("landmarks_implausible",)}


def test_a_porus_medial_of_its_root_exit_zone_is_refused(segment: SegmentSettings) -> None:
    sides = plausible_sides(output_with({"left_porus": (6.0, 14.0, -28.0)}), segment)
    assert set(sides.found) == {"right"}
    assert sides.reasons == {"left": ("landmarks_implausible",)}


def test_a_single_side_beyond_the_midline_is_refused(segment: SegmentSettings) -> None:
    """What remains of one side must lie on its side of the brainstem."""
    lonely = output_with(
        {"left_rez": (-14.0, 20.0, -30.0), "left_porus": (-2.0, 15.0, -28.0)},
        {"right_rez": 0.01},
    )
    assert plausible_sides(lonely, segment).found == {}


def test_a_faint_landmark_is_not_found(segment: SegmentSettings) -> None:
    sides = plausible_sides(output_with(confidence={"right_rez": 0.1}), segment)
    assert set(sides.found) == {"left"}
    assert sides.reasons == {"right": ("landmarks_not_found",)}


@pytest.mark.parametrize("confidence", [0.08, 0.9])
def test_a_landmark_at_the_edge_is_outside(segment: SegmentSettings, confidence: float) -> None:
    output = output_with(confidence={"left_rez": confidence}, at_edge=("left_rez",))
    assert plausible_sides(output, segment).reasons == {"left": ("outside_slab",)}


def test_maps_are_read_in_patient_coordinates() -> None:
    grid = Grid(
        (54, 30, 24),
        np.array([[1.5, 0, 0, -40.0], [0, 1.5, 0, 5.0], [0, 0, 1.5, -50.0], [0, 0, 0, 1.0]]),
    )
    maps = np.stack([gaussian(grid.shape, grid.to_index(POINTS[n]), 2.0) for n in CHANNELS])
    stem = np.zeros((1, *grid.shape), dtype=np.float32)
    stem[0, 10:20, 10:20, 5:15] = 0.9
    output = read_maps(np.concatenate([maps, stem]), grid, grid)
    for name in CHANNELS:
        assert np.linalg.norm(output.landmarks[name].point_lps - POINTS[name]) < 0.2
        assert not output.landmarks[name].near_edge
    assert output.brainstem_lps is not None
    np.testing.assert_allclose(output.brainstem_lps, grid.to_lps([14.5, 14.5, 9.5]))


def painted(axes: NDArray[np.float64]) -> Volume:
    """A 1 mm volume with the landmarks as 9 mm cubes of their own grey.

    Columns of `axes` are the LPS directions of the array axes.
    """
    affine = np.eye(4)
    affine[:3, :3] = axes
    shape = tuple(int(n) for n in np.abs(axes.T) @ [100, 80, 60])
    affine[:3, 3] = np.array([0.0, 20.0, -30.0]) - axes @ (np.array(shape) - 1) / 2
    grid = Grid((shape[0], shape[1], shape[2]), affine)
    array = np.zeros(grid.shape, dtype=np.float32)
    for channel, name in enumerate(CHANNELS):
        i, j, k = np.rint(grid.to_index(POINTS[name])).astype(int)
        array[i - 4 : i + 5, j - 4 : j + 5, k - 4 : k + 5] = 200.0 * (channel + 1)
    array[:20, :20, :20] = 1000.0
    return Volume(array, grid)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (-1, -1, 1)])
def test_sides_are_the_patients_in_every_orientation(
    segment: SegmentSettings, order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    axes = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(zip(order, signs, strict=True)):
        axes[axis, column] = sign
    sides = localise(painted(axes), marker_engine(), segment)
    assert set(sides.found) == {"left", "right"}
    for side, found in sides.found.items():
        assert np.linalg.norm(np.subtract(found.rez_lps_mm, POINTS[f"{side}_rez"])) < 1.5
        assert np.linalg.norm(np.subtract(found.porus_lps_mm, POINTS[f"{side}_porus"])) < 1.5
