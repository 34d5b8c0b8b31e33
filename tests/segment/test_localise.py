from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Grid
from pipeline.segment.localise import (
    Landmark,
    LocaliserOutput,
    localise,
    plausible_sides,
    read_maps,
)
from pipeline.segment.peaks import CHANNELS
from pipeline.settings import SegmentSettings, load_settings
from tests.segment.fakes import POINTS, gaussian, marker_engine, painted

Output = dict[str, tuple[float, float, float]]


@pytest.fixture(scope="module")
def segment() -> SegmentSettings:
    return load_settings().segment


def output_with(
    changes: Output | None = None,
    confidence: dict[str, float] | None = None,
    edge_mm: dict[str, float] | None = None,
    brainstem: tuple[float, float, float] | None = (0.0, 30.0, -30.0),
) -> LocaliserOutput:
    points = {**POINTS, **(changes or {})}
    landmarks = {
        name: Landmark(
            np.array(points[name]),
            (confidence or {}).get(name, 0.8),
            (edge_mm or {}).get(name, 20.0),
        )
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
@pytest.mark.parametrize(("name", "edge_mm"), [("left_rez", 2.9), ("left_porus", 1.9)])
def test_a_landmark_at_the_edge_is_outside(
    segment: SegmentSettings, confidence: float, name: str, edge_mm: float
) -> None:
    output = output_with(confidence={name: confidence}, edge_mm={name: edge_mm})
    assert plausible_sides(output, segment).reasons == {"left": ("outside_slab",)}


@pytest.mark.parametrize("vague", ["left_rez", "left_porus"])
@pytest.mark.parametrize(
    ("height", "needed_mm"), [(1.0, 3.0), (0.8, 5.0), (0.5, 8.0), (0.25, 10.5)]
)
def test_what_is_seen_vaguely_must_lie_farther_from_the_edge(
    segment: SegmentSettings, vague: str, height: float, needed_mm: float
) -> None:
    heights = {"left_rez": 1.0, "left_porus": 1.0, vague: height}
    inside = output_with(confidence=heights, edge_mm={"left_rez": needed_mm + 0.1})
    assert set(plausible_sides(inside, segment).found) == {"left", "right"}
    outside = output_with(confidence=heights, edge_mm={"left_rez": needed_mm - 0.1})
    assert plausible_sides(outside, segment).reasons == {"left": ("outside_slab",)}
    porus = output_with(confidence=heights, edge_mm={"left_porus": 2.1})
    assert set(plausible_sides(porus, segment).found) == {"left", "right"}


def test_what_is_not_seen_at_all_is_not_outside(segment: SegmentSettings) -> None:
    output = output_with(confidence={"left_rez": 0.1}, edge_mm={"left_rez": 6.0})
    assert plausible_sides(output, segment).reasons == {"left": ("landmarks_not_found",)}


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
        expected = (grid.to_index(POINTS[name]) + 0.5) * 1.5
        expected = np.minimum(expected, np.array(grid.shape) * 1.5 - expected).min()
        assert output.landmarks[name].edge_mm == pytest.approx(expected, abs=0.2)
    assert output.brainstem_lps is not None
    np.testing.assert_allclose(output.brainstem_lps, grid.to_lps([14.5, 14.5, 9.5]))


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
