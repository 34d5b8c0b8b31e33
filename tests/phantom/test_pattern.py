"""Patterns of contact on tubes whose arrangement is known."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.phantom.nearest import nearest_of
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.pattern import contact_of, self_angle_deg
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel

NERVE_RADIUS = 0.6


@pytest.fixture
def nerve() -> FacialNerve:
    """Along x, from 0 to 20 mm, detached at 9 mm."""
    points = np.linspace([0.0, 0, 0], [20.0, 0, 0], 201)
    up = np.array([0.0, 0, 1])
    return FacialNerve(points, np.full(201, NERVE_RADIUS), 9.0, 11.0, 18.0, up)


def crossing(name: str, radius: float, height: float, origin: str | None = None) -> Vessel:
    """Along y over x = 12 mm, its centreline at a height above the nerve's."""
    points = np.linspace([12.0, -8, height], [12.0, 8, height], 65)
    return Vessel(name, Tissue.ARTERY, Tube.plain(points, radius), origin=origin)  # type: ignore[arg-type]


def test_a_single_crossing_vessel_is_undetermined(nerve: FacialNerve) -> None:
    found = contact_of(nerve, [crossing("AICA", 0.4, 1.0)])
    assert (found.pattern, found.others) == ("undetermined", ())


def test_without_contact_there_is_no_pattern(nerve: FacialNerve) -> None:
    assert contact_of(nerve, [crossing("AICA", 0.4, 1.3)]).pattern is None


def test_sandwich_and_branch_differ_by_where_the_second_arises(nerve: FacialNerve) -> None:
    above = crossing("AICA", 0.4, 1.0, "BA")
    assert contact_of(nerve, [above, crossing("PICA", 0.7, -1.3)]).pattern == "sandwich"
    assert contact_of(nerve, [above, crossing("AICA", 0.2, -0.8, "AICA")]).pattern == "branch"
    same_side = contact_of(nerve, [above, crossing("PICA", 0.7, 1.3)])
    assert same_side.pattern != "sandwich"


def test_tandem_needs_a_wider_artery_behind_and_against_the_touching_one(
    nerve: FacialNerve,
) -> None:
    touching = crossing("AICA", 0.4, 1.0)
    behind = crossing("VA", 1.6, 1.0 + 0.4 + 1.6)
    assert contact_of(nerve, [touching, behind]).pattern == "tandem"
    assert contact_of(nerve, [touching, behind]).others == ("VA",)
    assert contact_of(nerve, [touching, crossing("VA", 1.6, 3.4)]).pattern == "undetermined"
    assert contact_of(nerve, [touching, crossing("vein", 1.6, 3.0)]).pattern == "undetermined"


def test_a_loop_turns_its_apex_to_the_nerve(nerve: FacialNerve) -> None:
    turn = np.linspace(-np.pi / 2, np.pi / 2, 41)
    apex = np.stack([np.full(41, 12.0), np.sin(turn), 2.0 - np.cos(turn)], axis=1)
    rise = np.linspace(2.0, 8.0, 25)[1:, None] * [0.0, 0, 1]
    limbs = [rise[::-1] + [12.0, -1, 0], apex, rise + [12.0, 1, 0]]
    loop = Vessel("PICA", Tissue.ARTERY, Tube.plain(np.concatenate(limbs), 0.4))

    assert contact_of(nerve, [loop]).pattern == "loop"
    straight = crossing("PICA", 0.4, 1.0)
    place = nearest_of(nerve.between(0.0, 18.0), straight.tube, "PICA")
    assert self_angle_deg(straight, place) == pytest.approx(180.0, abs=1.0)
