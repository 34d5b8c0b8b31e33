"""The drawn curve is the measured one, on one scale for both sides."""

from __future__ import annotations

import pytest

from pipeline.report.profile_plot import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    common_scale,
    profile_plot,
)

from .builders import empty_side, findings


def measured_back(points: str, scale: Scale) -> list[tuple[float, float]]:
    """Distance along the nerve and gap, both in mm, from drawing coordinates."""
    places = [tuple(map(float, place.split(","))) for place in points.split()]
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    return [
        ((x - LEFT) / across * scale.length_mm, (HEIGHT - BOTTOM - y) / up * scale.gap_mm)
        for x, y in places
    ]


def test_the_line_is_the_profile_cut_off_at_the_scale() -> None:
    sides = findings().sides
    scale = common_scale(sides)
    assert scale is not None
    plot = profile_plot("left", sides["left"], scale)
    assert plot is not None

    drawn = measured_back(plot.lines[0], scale)

    known = [point for point in sides["left"].profile if point.gap_mm is not None]
    assert len(drawn) == len(known)
    for (along, gap), point in zip(drawn, known, strict=True):
        assert along == pytest.approx(point.s_mm, abs=0.01)
        assert gap == pytest.approx(min(point.gap_mm or 0, scale.gap_mm), abs=0.02)


def test_both_sides_share_the_scale_and_unknown_parts_stay_open() -> None:
    sides = findings().sides
    scale = common_scale(sides)

    assert scale == Scale(length_mm=20.0, gap_mm=4.0)
    plot = profile_plot("right", sides["right"], scale)
    assert plot is not None
    assert measured_back(plot.lines[0], scale)[0][0] == pytest.approx(0.5, abs=0.01)
    assert [stretch.segment for stretch in plot.stretches] == ["RExP", "AS", "RDP_TZ", "CP"]
    assert plot.narrowest == (scale.x(13.6), scale.y(2.47))


def test_a_gap_in_the_measurement_breaks_the_line() -> None:
    side = findings().sides["left"]
    holed = tuple(
        point.model_copy(update={"gap_mm": None, "gap_interval_mm": None}) if n == 20 else point
        for n, point in enumerate(side.profile)
    )

    plot = profile_plot("left", side.model_copy(update={"profile": holed}), Scale(20.0, 4.0))

    assert plot is not None
    assert len(plot.lines) == len(plot.bands) == 2


def test_without_measurements_there_is_no_plot() -> None:
    side = empty_side("outside_slab")

    assert common_scale({"left": side, "right": side}) is None
    assert profile_plot("left", side, Scale(20.0, 4.0)) is None
