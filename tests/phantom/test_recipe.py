"""Recipes drawn from the priors: patterns, second vessels, lesions, gaps."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pipeline.phantom.priors import anatomy_priors, draw, pick
from pipeline.phantom.recipe import SideRecipe, side_of_stratum


@pytest.fixture(scope="module")
def contacts() -> list[SideRecipe]:
    rng = np.random.default_rng(3)
    priors = anatomy_priors().sets["default"]
    return [side_of_stratum("contact", priors, rng) for _ in range(4000)]


def test_shares_sum_to_one() -> None:
    priors = anatomy_priors()
    for shares in (
        priors.segment, priors.grade, priors.offender.contact, priors.offender.apart,
        priors.tandem_branch, *priors.pattern.values(), priors.aica.trunks,
        priors.aica.canal_loop, priors.pica.origin, priors.mass, priors.aneurysm, priors.mimic,
    ):  # fmt: skip
        assert sum(shares.values()) == pytest.approx(1.0)


def test_a_second_vessel_belongs_to_sandwich_and_tandem_alone(contacts: list[SideRecipe]) -> None:
    for recipe in contacts:
        assert (recipe.second is not None) == (recipe.pattern in {"sandwich", "tandem"})
        assert recipe.second != recipe.offender
        if recipe.pattern == "tandem":
            assert recipe.second == "VA"


def test_patterns_follow_park(contacts: list[SideRecipe]) -> None:
    """236 patients: loop 4.6, branch 7.6, sandwich 11.9, tandem 22.0 %; 73 % of loops PICA."""
    share = {name: n / len(contacts) for name, n in Counter(r.pattern for r in contacts).items()}
    assert share["loop"] == pytest.approx(0.046, abs=0.015)
    assert share["branch"] == pytest.approx(0.076, abs=0.02)
    assert share["sandwich"] == pytest.approx(0.119, abs=0.03)
    assert share["tandem"] == pytest.approx(0.22, abs=0.06)
    loops = [r.offender == "PICA" for r in contacts if r.pattern == "loop"]
    assert np.mean(loops) == pytest.approx(0.727, abs=0.1)


def test_clear_gaps_reach_5_mm_and_most_are_small() -> None:
    rng = np.random.default_rng(4)
    priors = anatomy_priors().sets["default"]
    gaps = [side_of_stratum("clear", priors, rng).gap_mm for _ in range(1000)]
    assert min(gaps) > 1.0
    assert 4.8 < max(gaps) <= 5.0
    assert np.median(gaps) < 2.7


def test_lesions_and_mimics_exclude_each_other(contacts: list[SideRecipe]) -> None:
    for recipe in contacts:
        present = [recipe.mass, recipe.aneurysm, recipe.mimic]
        assert sum(lesion is not None for lesion in present) <= 1
    assert {r.mass for r in contacts} == {None, *anatomy_priors().mass}
    assert {r.aneurysm for r in contacts} == {None, *anatomy_priors().aneurysm}


def test_picking_and_drawing() -> None:
    rng = np.random.default_rng(5)
    picked = Counter(pick({"a": 3.0, "b": 1.0}, rng) for _ in range(4000))
    assert picked["a"] / 4000 == pytest.approx(0.75, abs=0.03)
    drawn = [draw((1.0, 0.5), 0.8, 1.2, rng) for _ in range(200)]
    assert min(drawn) == 0.8
    assert max(drawn) == 1.2
