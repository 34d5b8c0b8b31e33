"""Which voxels are as wide as the vertebral and basilar arteries."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measure.wide_arteries import TRUNK_DIAMETER_MM, soft_radius_mm, wide_arteries
from pipeline.records.labels import Label

from .rendering import SPACING_MM, Points, Scene, ball, straight, tube

LOW, HIGH = np.array([9.6, 9.6, 2.0]), np.array([9.6, 9.6, 17.0])


def _share(radius: float) -> Points:
    scene = Scene(48).add(Label.ARTERY, tube(straight(LOW, HIGH), radius))
    return scene.soft_labels().share(Label.ARTERY)


@pytest.mark.parametrize("radius", [0.4, 0.8, 1.2, 1.8])
def test_radius_on_the_axis(radius: float) -> None:
    assert soft_radius_mm(_share(radius), SPACING_MM)[24, 24, 24] == pytest.approx(radius, abs=0.1)


@pytest.mark.parametrize(
    ("radius", "is_wide"), [(0.45, False), (0.95, False), (1.4, True), (1.8, True)]
)
def test_trunks_are_wide_and_branches_not(radius: float, is_wide: bool) -> None:
    assert (2 * radius > TRUNK_DIAMETER_MM) == is_wide
    assert wide_arteries(_share(radius), SPACING_MM)[24, 24, 24] == is_wide


def test_a_short_wide_place_is_no_trunk() -> None:
    scene = Scene(48).add(Label.ARTERY, ball(0.5 * (LOW + HIGH), 1.6))
    scene.add(Label.ARTERY, tube(straight(LOW, HIGH), 0.5))
    assert not wide_arteries(scene.soft_labels().share(Label.ARTERY), SPACING_MM).any()
