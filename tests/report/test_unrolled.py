"""The unrolled nerve, the planes across it, and the other side's corresponding place."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Grid, Volume
from pipeline.records.labels import Label
from pipeline.report.nerve_course import course, mirrored_narrowest_place
from pipeline.report.unrolled import BEYOND_MM, sampled, unrolled, unrolled_outlines
from pipeline.report.view_plane import across_nerve

from .builders import empty_side, findings, nerve_point, one_side_unknown, side_findings, touching

PIXEL_MM = 0.1


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_nerve_lies_straight_in_the_middle_of_the_view(side: str) -> None:
    found = findings().sides[side]
    view = unrolled(found, 26.0, PIXEL_MM)
    assert view is not None

    rows = view.points_lps.shape[0]
    middle = (view.points_lps[rows // 2 - 1] + view.points_lps[rows // 2]) / 2
    columns = [round((along - view.first_mm) / PIXEL_MM) for along in (0.0, 5.0, 15.0)]
    for along, column in zip((0.0, 5.0, 15.0), columns, strict=True):
        distance = np.linalg.norm(middle[column] - course(found).at(along))
        assert distance < PIXEL_MM
    assert view.first_mm == pytest.approx(-BEYOND_MM, abs=PIXEL_MM)


def test_pixels_are_as_far_apart_as_they_claim_where_the_nerve_is_straight() -> None:
    view = unrolled(findings().sides["left"], 26.0, PIXEL_MM)
    assert view is not None
    points = view.points_lps[:, 40:160]

    assert np.linalg.norm(np.diff(points, axis=0), axis=-1) == pytest.approx(PIXEL_MM, rel=1e-6)
    # Arc lengths of the invented nerve are 4 % longer in space.
    along = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    assert along.max() < 1.1 * PIXEL_MM


def test_a_vessel_at_the_narrowest_place_lies_in_the_view() -> None:
    nerve = np.array(nerve_point("left", 9.42))
    vessel = nerve + [0.3, -0.4, -2.4]
    contact = touching().model_copy(update={"point_lps_mm": tuple(nerve + [0.1, -0.2, -1.2])})
    affine = np.diag([0.4, 0.4, 0.4, 1.0])
    affine[:3, 3] = nerve - 20.0
    grid = Grid((100, 100, 100), affine)
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    near = np.linalg.norm(grid.to_lps(index) - vessel, axis=-1) < 1.2
    labels = Volume((near * Label.ARTERY).astype(np.uint8), grid)

    view = unrolled(side_findings("left", contact), 26.0, PIXEL_MM)
    assert view is not None

    found = dict(unrolled_outlines(labels, view))
    assert set(found) == {Label.ARTERY}
    middle = found[Label.ARTERY][0].mean(axis=0) * view.points_lps.shape[1::-1]
    assert middle[0] * PIXEL_MM + view.first_mm == pytest.approx(9.42, abs=0.6)
    assert sampled(labels, view.points_lps).max() > 0
    assert middle[1] > view.points_lps.shape[0] / 2  # below the nerve: the head is on top
    assert "F" in view.bottom


def test_an_unfollowed_nerve_cannot_be_unrolled() -> None:
    assert unrolled(empty_side("outside_slab"), 26.0, PIXEL_MM) is None


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_plane_across_the_nerve_shows_left_on_the_right_and_the_head_on_top(
    sign: float,
) -> None:
    tangent = np.array([sign * 0.7, -0.6, 0.4])

    plane = across_nerve((sign * 15.0, 20.0, -30.0), tangent, 20.0)

    assert plane.rightwards @ tangent == pytest.approx(0.0, abs=1e-12)
    assert plane.downwards @ tangent == pytest.approx(0.0, abs=1e-12)
    assert plane.rightwards @ plane.downwards == pytest.approx(0.0, abs=1e-12)
    assert plane.rightwards[0] > 0
    assert plane.downwards[2] < 0


def test_both_sides_look_like_mirror_images() -> None:
    planes = [across_nerve((0, 0, 0), (sign * 0.7, -0.6, 0.4), 20.0) for sign in (1.0, -1.0)]

    np.testing.assert_allclose(planes[0].downwards * [-1, 1, 1], planes[1].downwards)
    np.testing.assert_allclose(planes[0].rightwards * [-1, 1, 1], -planes[1].rightwards)


def test_the_other_sides_place_lies_at_the_same_distance_along_its_nerve() -> None:
    place = mirrored_narrowest_place(findings(), "left")
    assert place is not None

    assert place.source == "sides.right.profile.19.point_lps_mm"
    assert place.point_lps_mm == nerve_point("right", 9.5)


def test_without_the_other_nerve_the_place_is_mirrored_or_there_is_none() -> None:
    base = findings()
    bare = base.sides["right"].model_copy(update={"profile": ()})
    place = mirrored_narrowest_place(
        base.model_copy(update={"sides": {**base.sides, "right": bare}}), "left"
    )
    assert place is not None
    assert place.source == ""
    np.testing.assert_allclose(place.point_lps_mm, nerve_point("right", 9.42), atol=1e-6)
    assert mirrored_narrowest_place(one_side_unknown(), "left") is None
