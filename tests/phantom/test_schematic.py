"""The sketch of a brain: where the template's parts are, symmetric, and fit for a whole subject."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pipeline.phantom.schematic import schematic
from pipeline.phantom.subject import make_subject
from pipeline.phantom.template import template
from pipeline.records.base import SIDES

from .test_subject import RECIPES


def inside(point: tuple[float, float, float]) -> bool:
    i, j, k = np.rint(schematic().grid.to_index(point)).astype(int)
    return bool(schematic().brain_mm[i, j, k] < 0)


@pytest.mark.parametrize(
    ("point", "brain"),
    [
        ((0.0, 25.0, -34.0), True),  # pons
        ((0.0, 44.0, -62.0), True),  # medulla
        ((30.0, 66.0, -42.0), True),  # cerebellum
        ((0.0, 46.0, -40.0), False),  # fourth ventricle
        ((0.0, 5.0, -40.0), False),  # before the pons
        ((20.0, 20.0, -40.0), False),  # cerebellopontine angle
    ],
)
def test_parts_are_where_the_template_has_them(point: tuple[float, ...], brain: bool) -> None:
    x, y, z = point
    assert inside((x, y, z)) == inside((-x, y, z)) == brain


def test_it_is_one_piece_and_not_the_template() -> None:
    brain = schematic().brain_mm < 0
    low = brain[:, :, :50]  # temporal lobes are apart there
    _, pieces = ndimage.label(low)
    assert pieces <= 3
    other = template().brain_mm[:, :, :50] < 0
    overlap = 2 * (low & other).sum() / (low.sum() + other.sum())
    assert 0.5 < overlap < 0.9
    assert 0.0 <= schematic().white.min() <= schematic().white.max() <= 1.0


def test_a_subject_can_have_it() -> None:
    subject = make_subject(77, RECIPES, schematic())
    assert subject.brain.base is schematic()
    for side in SIDES:
        nerve = subject.sides[side].nerve
        attached = nerve.between(1.0, nerve.detachment_mm - 1.0)
        assert np.abs(subject.brain.brain_mm(attached.points)).max() < 1.5
        assert abs(nerve.at(nerve.porus_mm)[0]) > abs(nerve.at(0.0)[0])
