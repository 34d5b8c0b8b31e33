from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry.grid import isotropic
from pipeline.phantom.appearance import random_appearance
from pipeline.phantom.marrow import MarrowSpace, marrow_spaces
from pipeline.phantom.render import paint
from pipeline.phantom.subject import Subject, make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

from .test_subject import RECIPES


@pytest.fixture(scope="module")
def subject() -> Subject:
    return make_subject(77, RECIPES)


def spaces(subject: Subject, seed: int) -> list[MarrowSpace]:
    canals = [subject.sides[side].canal for side in SIDES]
    return marrow_spaces(canals, np.random.default_rng(seed))


def test_marrow_brightens_bone_and_nothing_else(subject: Subject) -> None:
    look = random_appearance("tof", np.random.default_rng(2))
    grid = isotropic(subject.sides["left"].canal.porus, 36.0, 0.8)
    without = paint(subject, grid, [look])
    marrow = spaces(subject, 3)
    with_it = paint(subject, grid, [look], marrow)

    np.testing.assert_array_equal(with_it.labels, without.labels)
    changed = np.abs(with_it.images[0] - without.images[0]) > 0.02
    assert changed.sum() > 100
    assert not changed[without.labels == Label.BRAINSTEM].any()
    in_cistern = subject.cistern.wall_mm(grid.to_lps(np.argwhere(changed))) < -0.8
    assert in_cistern.mean() < 0.001


def test_marrow_is_as_bright_as_its_share_of_fat(subject: Subject) -> None:
    look = random_appearance("mprage", np.random.default_rng(4))
    bone, fat = look.signal[[Tissue.BONE, Tissue.FAT]]
    for space in spaces(subject, 5):
        assert 0.1 <= space.share_of_fat <= 1.1
        assert space.brightness(look) == pytest.approx(bone + space.share_of_fat * (fat - bone))


def test_marrow_is_drawn_anew_and_on_both_sides(subject: Subject) -> None:
    drawn = [spaces(subject, seed) for seed in range(40)]
    counts = [len(some) for some in drawn]
    assert min(counts) < 3
    assert max(counts) > 5
    x = np.array([space.shape.centre[0] for some in drawn for space in some])
    assert 0.3 < (x > 0).mean() < 0.7
