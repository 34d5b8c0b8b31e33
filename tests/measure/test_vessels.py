"""Calibre of a vessel at a point of its surface: alone, and where another one touches it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measure.gap import Structures, structures
from pipeline.measure.vessels import VESSELS, diameter_mm
from pipeline.records.labels import Label

from .rendering import Points, Scene, straight, tube

PLACE = np.array([8.0, 9.6, 9.6])
ALONG = np.array([0.0, 0.0, 7.0])


def _structures(*tubes: tuple[Points, Points, float]) -> Structures:
    """Vessels by middle, half course and radius, beside a nerve of no interest."""
    nerve = straight(np.array([2.0, 9.6, 3.0]), np.array([2.0, 9.6, 16.0]))
    scene = Scene(48).add(Label.FACIAL_NERVE_CISTERNAL, tube(nerve, 0.6))
    for middle, half, radius in tubes:
        scene.add(Label.ARTERY, tube(straight(middle - half, middle + half), radius))
    soft = scene.soft_labels()
    found = structures(
        soft.share(Label.FACIAL_NERVE_CISTERNAL), soft.share(*VESSELS), soft.spacing_mm
    )
    assert found is not None
    return found


@pytest.mark.parametrize("radius", [0.3, 0.5, 0.8, 1.6])
@pytest.mark.parametrize("half", [ALONG, np.array([1.0, 4.0, 5.0])])
def test_calibre_of_a_single_vessel(radius: float, half: Points) -> None:
    facing = PLACE - [radius, 0.0, 0.0]
    found = diameter_mm(_structures((PLACE, half, radius)), facing)
    assert found == pytest.approx(2 * radius, abs=0.15)


@pytest.mark.parametrize("radius", [0.5, 0.75, 1.0])
def test_a_trunk_behind_a_branch_does_not_count(radius: float) -> None:
    """Tandem: the trunk pushes the branch against the nerve, the ray would pass both."""
    behind = PLACE + [radius + 1.75, 0.0, 0.0]
    across = np.array([0.0, 5.0, 4.0])
    both = _structures((PLACE, ALONG, radius), (behind, across, 1.8))
    found = diameter_mm(both, PLACE - [radius, 0.0, 0.0])
    assert found == pytest.approx(2 * radius, rel=0.3)


def test_no_surface_near_the_point() -> None:
    found = _structures((PLACE, ALONG, 0.5))
    assert diameter_mm(found, PLACE - [4.0, 0.0, 0.0]) is None
