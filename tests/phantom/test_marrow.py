from __future__ import annotations

from dataclasses import replace

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
    changed = ((with_it.images[0] - without.images[0]).abs() > 0.02).numpy()
    assert changed.sum() > 100
    assert not changed[without.labels == Label.BRAINSTEM].any()
    in_cistern = subject.cistern.wall_mm(grid.to_lps(np.argwhere(changed))) < -0.8
    assert in_cistern.mean() < 0.001


def test_fatty_marrow_is_bright_and_bone_silences_it(subject: Subject) -> None:
    look = replace(random_appearance("mprage", np.random.default_rng(4)), fat_phase_rad=0.0)
    shape = spaces(subject, 5)[0].shape
    fat, water = look.signal[[Tissue.FAT, Tissue.MARROW]]
    assert MarrowSpace(shape, 1.0, 0.0).brightness(look) == pytest.approx([fat])
    assert MarrowSpace(shape, 0.0, 0.5).brightness(look) == pytest.approx([0.5 * water])
    assert MarrowSpace(shape, 1.0, 1.0).brightness(look) == pytest.approx([0.0])


def test_fat_and_water_cancel_when_their_phases_oppose(subject: Subject) -> None:
    look = random_appearance("tof", np.random.default_rng(4))
    opposed, aligned = (replace(look, fat_phase_rad=phase) for phase in (np.pi, 0.0))
    space = MarrowSpace(spaces(subject, 5)[0].shape, 0.5, 0.0)
    fat, water = look.signal[[Tissue.FAT, Tissue.MARROW]]
    assert space.brightness(aligned) == pytest.approx([0.5 * (fat + water)])
    assert space.brightness(opposed) == pytest.approx([0.5 * abs(fat - water)])


def test_marrow_is_drawn_anew_and_on_both_sides(subject: Subject) -> None:
    drawn = [spaces(subject, seed) for seed in range(40)]
    counts = [len(some) for some in drawn]
    assert min(counts) >= 2
    assert max(counts) > 9
    fat = [space.fat for some in drawn for space in some]
    assert np.percentile(fat, 10) < 0.2
    assert np.percentile(fat, 90) > 0.8
    x = np.array([space.shape.centre[0] for some in drawn for space in some])
    assert 0.3 < (x > 0).mean() < 0.7
