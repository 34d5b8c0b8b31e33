"""Patterns of vessels at the nerve, drawn as tubes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measure.course import arc_length
from pipeline.records.labels import Label

from .nerves import COUNT, NERVE_RADIUS_MM, ZONE_END_MM, measured_alone, nerve_course
from .rendering import Points, Scene, straight, tube

COURSE = nerve_course()
AT = int(np.searchsorted(arc_length(COURSE), 14.0))
TANGENT = (COURSE[AT + 5] - COURSE[AT - 5]) / np.linalg.norm(COURSE[AT + 5] - COURSE[AT - 5])
AWAY = np.cross(TANGENT, [0.3, 1.0, 0.2]) / np.linalg.norm(np.cross(TANGENT, [0.3, 1.0, 0.2]))
ACROSS = np.cross(TANGENT, AWAY)


def _crossing(radius: float, gap_mm: float, towards: Points) -> tuple[Points, float]:
    centre = COURSE[AT] + towards * (NERVE_RADIUS_MM + gap_mm + radius)
    return straight(centre - 6 * ACROSS, centre + 6 * ACROSS), radius


def _hairpin(radius: float, half_angle_deg: float) -> tuple[Points, float]:
    """A vessel that comes, touches the nerve with its apex, and goes back."""
    apex = COURSE[AT] + AWAY * (NERVE_RADIUS_MM + radius)
    lean = np.deg2rad(half_angle_deg)
    limbs = [AWAY * np.cos(lean) + sign * ACROSS * np.sin(lean) for sign in (-1.0, 1.0)]
    ends = [apex + 7.0 * limb for limb in limbs]
    return np.concatenate([straight(ends[0], apex)[:-1], straight(apex, ends[1])]), radius


def _pattern(*vessels: tuple[Points, float]) -> str:
    scene = Scene(COUNT)
    for course, radius in vessels:
        scene.add(Label.ARTERY, tube(course, radius, rounded=True))
    zone_end = int(np.searchsorted(arc_length(COURSE), ZONE_END_MM))
    for label, part in (
        (Label.FACIAL_NERVE_REZ, COURSE[: zone_end + 1]),
        (Label.FACIAL_NERVE_CISTERNAL, COURSE[zone_end:]),
    ):
        scene.add(label, tube(part, NERVE_RADIUS_MM, rounded=True))
    contact = measured_alone(scene.soft_labels()).contact
    assert contact is not None
    return contact.pattern


def test_a_vessel_that_passes_is_of_no_certain_pattern() -> None:
    assert _pattern(_crossing(0.5, 0.0, AWAY)) == "undetermined"


def test_a_vessel_that_does_not_touch_is_of_no_pattern() -> None:
    assert _pattern(_crossing(0.5, 0.7, AWAY), _crossing(0.5, 0.7, -AWAY)) == "undetermined"


@pytest.mark.parametrize(("half_angle_deg", "expected"), [(25.0, "loop"), (60.0, "undetermined")])
def test_a_sharp_turn_on_the_nerve_is_a_loop(half_angle_deg: float, expected: str) -> None:
    assert _pattern(_hairpin(0.5, half_angle_deg)) == expected


def test_vessels_on_both_sides_are_a_sandwich() -> None:
    assert _pattern(_crossing(0.5, 0.0, AWAY), _crossing(0.7, 0.0, -AWAY)) == "sandwich"


def test_a_trunk_behind_the_branch_that_touches_is_a_tandem() -> None:
    behind = _crossing(1.4, 2 * 0.45 + 0.6, AWAY)
    assert _pattern(_crossing(0.45, 0.0, AWAY), behind) == "tandem"
    beyond_the_nerve = _crossing(1.4, 0.9, -AWAY)
    assert _pattern(_crossing(0.45, 0.0, AWAY), beyond_the_nerve) == "undetermined"
