"""The bank's files: what is in them, and that a seed makes the same bytes again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.phantom.marrow import marrow_spaces
from pipeline.phantom.priors import anatomy_priors
from pipeline.train import bank

SEED = 100_003


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bank")
    bank.make_examples(SEED, made)
    return made


def test_a_subject_gives_two_takes_of_each_side_and_two_slabs(folder: Path) -> None:
    crops = sorted(path.name for path in (folder / "segmenter").iterdir())
    assert crops == [f"{SEED}_{t}_{side}.npz" for t in (0, 1) for side in ("left", "right")]
    with np.load(folder / "segmenter" / crops[0]) as crop:
        assert crop["images"].shape == (3, 120, 120, 120)
        assert crop["images"].dtype == np.float16
        assert np.isfinite(crop["images"]).all()
        assert crop["present"].all()
        labels = crop["labels"]
    assert labels.shape == (120, 120, 120)
    assert {1, 2, 3, 4, 5} <= set(np.unique(labels)) <= set(range(9))
    with np.load(folder / "localiser" / f"{SEED}_0.npz") as slab:
        assert slab["image"].shape == slab["brainstem"].shape
        assert slab["landmarks"].shape == (4, 3)


def test_both_sides_look_like_the_right_one(folder: Path) -> None:
    """Axis 0 runs from lateral to medial: the brainstem is at its end on either side."""
    for side in ("left", "right"):
        with np.load(folder / "segmenter" / f"{SEED}_0_{side}.npz") as crop:
            stem = np.argwhere(crop["labels"] == 1)[:, 0].mean()
            nerve = np.argwhere(crop["labels"] == 3)[:, 0].mean()
        assert stem > nerve + 15


def test_one_side_is_the_same_again() -> None:
    recipes, rng = {}, np.random.default_rng([17, SEED])
    for side in bank.SIDES:
        recipes[side] = bank.random_side(anatomy_priors().sets["training"], rng)
    subject = bank.make_subject(SEED, recipes)
    canals = [subject.sides[side].canal for side in bank.SIDES]
    first, again = (
        bank._localiser_image(
            subject,
            marrow_spaces(canals, np.random.default_rng(1)),
            "cpu",
            np.random.default_rng(2),
            bank.HOME,
        )
        for _ in range(2)
    )
    for name, array in first.items():
        assert array.tobytes() == again[name].tobytes(), name


def test_half_of_every_role_has_random_contrasts() -> None:
    rng = np.random.default_rng(6)
    for role in bank.ROLES:
        families = [bank.pick(bank.HOME.families[role], rng) for _ in range(600)]
        assert np.mean([family == "random" for family in families]) == pytest.approx(0.5, abs=0.06)


def test_the_foreign_setting_has_no_contrast_of_a_scanner() -> None:
    rng = np.random.default_rng(6)
    drawn = {bank.pick(bank.FOREIGN.families[role], rng) for role in bank.ROLES for _ in range(20)}
    assert drawn == {"random"}
