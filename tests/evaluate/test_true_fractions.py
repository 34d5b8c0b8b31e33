"""A subject measured from the exact share of every label in every voxel."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluate.true_fractions import Damage, damaged, measured_sides
from pipeline.geometry import Grid, side_crop
from pipeline.phantom.fractions import Shares, label_fractions
from pipeline.phantom.manifest import FIRST_SEED
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.subject import Subject, make_subject
from pipeline.records.labels import Label
from pipeline.settings import load_settings

NERVE = [Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL]


@pytest.fixture(scope="module")
def subject() -> Subject:
    """AICA touches the left nerve at its attached segment; VA passes the right one at 0.5 mm.

    Of this seed no other vessel comes nearly as near elsewhere along either nerve.
    """
    left = SideRecipe("contact", "contact", 0.0, "AS", "AICA", None, None)
    right = SideRecipe("near", "near", 0.5, "CP", "VA", None, None)
    return make_subject(FIRST_SEED["calibration"] + 2, {"left": left, "right": right})


@pytest.fixture(scope="module")
def grid(subject: Subject) -> Grid:
    nerve = subject.sides["left"].nerve
    return side_crop(nerve.at(0.5 * nerve.porus_mm), "left", 32.0, 0.5)


@pytest.fixture(scope="module")
def shares(subject: Subject, grid: Grid) -> Shares:
    return label_fractions(subject, grid)


def test_shares_sum_to_one_and_hold_the_volume_of_the_nerve(
    subject: Subject, grid: Grid, shares: Shares
) -> None:
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=1e-5)
    assert shares.min() >= -1e-6
    nerve = subject.sides["left"].nerve
    tube = nerve.between(0.0, nerve.porus_mm)
    steps = np.linalg.norm(np.diff(tube.points, axis=0), axis=1)
    round_ends = 2 / 3 * np.pi * (tube.radii[0] ** 3 + tube.radii[-1] ** 3)
    volume = float((np.pi * tube.radii[:-1] ** 2 * steps).sum() + round_ends)
    assert shares[NERVE].sum() * grid.voxel_volume_mm3 == pytest.approx(volume, rel=0.03)


def test_mirrored_grid_gives_the_mirrored_shares(
    subject: Subject, grid: Grid, shares: Shares
) -> None:
    right = side_crop(grid.centre_lps, "right", 32.0, 0.5)
    np.testing.assert_array_equal(label_fractions(subject, right)[:, ::-1], shares)


@pytest.mark.parametrize("spacing_mm", [0.4, 0.6])
def test_measured_from_true_shares_at_any_voxel_size(subject: Subject, spacing_mm: float) -> None:
    for side in measured_sides(subject, spacing_mm, Damage(), load_settings().measure):
        assert side.measured_gap_mm == pytest.approx(side.gap_mm, abs=0.1)
        assert side.measured_distance_from_rexp_mm == pytest.approx(
            side.distance_from_rexp_mm, abs=0.6
        )
        assert side.measured_segment == side.segment
        assert side.measured_vessel == side.vessel == {"left": "AICA", "right": "VA"}[side.side]
        assert side.path_in_crop
        assert side.measured_diameter_mm == pytest.approx(side.diameter_mm, abs=0.1, rel=0.06)


def test_blurred_labels_give_less_sure_names_and_nearly_the_same_gap(subject: Subject) -> None:
    settings = load_settings().measure
    clean = measured_sides(subject, 0.5, Damage(), settings)
    blurred = measured_sides(subject, 0.5, Damage(blur_mm=0.3), settings)
    for before, after in zip(clean, blurred, strict=True):
        assert after.measured_gap_mm == pytest.approx(before.measured_gap_mm, abs=0.2)
        assert before.measured_name_probability is not None
        if after.measured_name_probability is not None:
            assert after.measured_name_probability <= before.measured_name_probability
            if before.measured_vessel == "AICA":  # its name rests on the path to its origin
                assert after.measured_name_probability < before.measured_name_probability


def test_damage_takes_arteries_away_and_mixes_the_nerves(shares: Shares) -> None:
    before = shares.sum(axis=(1, 2, 3))
    after = damaged(shares, 0.5, Damage(holes=3, mixed=2), np.random.default_rng(1))
    np.testing.assert_allclose(after.sum(axis=0), 1.0, atol=1e-5)
    total = after.sum(axis=(1, 2, 3))
    assert total[Label.ARTERY] < before[Label.ARTERY]
    gained = total[Label.VESTIBULOCOCHLEAR_NERVE] - before[Label.VESTIBULOCOCHLEAR_NERVE]
    assert gained == pytest.approx(before[NERVE].sum() - total[NERVE].sum(), rel=1e-3)
    assert gained > 0
