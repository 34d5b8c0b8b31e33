"""Registration on generated heads whose motion is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.acquire import observed, random_protocol, rigid, slab_grid
from pipeline.phantom.appearance import random_appearance
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.render import Painting, paint
from pipeline.phantom.subject import make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.prepare import registration
from pipeline.prepare.registration import Registration, apply, register
from pipeline.settings import load_settings

CENTRE = np.array([0.0, 35.0, -41.0])
ROOTS = CENTRE + np.array([[15.0, -8.0, 0.0], [-15.0, -8.0, 0.0]])
SETTINGS = load_settings().prepare


@cache
def painted() -> tuple[Painting, list[float]]:
    clear = SideRecipe("clear", "none", 2.0, "AS", "AICA", None, None)
    subject = make_subject(90_001, {"left": clear, "right": clear})
    rng = np.random.default_rng(3)
    looks = [random_appearance(family, rng) for family in ("bssfp", "tof", "mprage")]  # type: ignore[arg-type]
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = CENTRE - [85, 85, 48]
    brightest = [look.signal[Tissue.WHITE_MATTER] for look in looks]
    return paint(subject, Grid((170, 170, 96), affine), looks), [1.0, *brightest[1:]]


def scan(channel: int, motion: NDArray[np.float64], seed: int) -> Volume:
    """A tilted slab of 40 mm. motion: scanner point -> point of the head that lies there."""
    painting, signals = painted()
    rng = np.random.default_rng(seed)
    role = ("t2", "tof", "t1c")[channel]
    protocol = random_protocol(("bssfp", "tof", "mprage")[channel], role, rng)  # type: ignore[arg-type]
    grid = slab_grid(CENTRE, protocol, (140.0, 140.0, 40.0), rng.normal(0.0, 0.06, 3))
    image = Volume(painting.images[channel].numpy(), painting.grid)
    clean = resample(image, grid, target_to_volume_lps=motion)
    return observed(clean, protocol, signals[channel], rng)


@cache
def still(channel: int) -> Volume:
    """A scan of the head at rest."""
    return scan(channel, np.eye(4), seed=channel + 1)


def moved(channel: int, seed: int) -> tuple[NDArray[np.float64], Volume]:
    """A motion, and a scan of the head after it."""
    rng = np.random.default_rng(seed)
    motion = rigid(rng.uniform(-0.06, 0.06, 3), rng.uniform(-2.8, 2.8, 3), CENTRE)
    return motion, scan(channel, motion, seed)


@cache
def registered(channel: int, seed: int) -> tuple[NDArray[np.float64], Registration]:
    """A motion, and what registration finds of it."""
    motion, after = moved(channel, seed)
    return motion, register(still(0), after, SETTINGS)


def errors_mm(found: Registration, motion: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the root exit zones are placed from where they are."""
    placed = apply(found.reference_to_moving_lps, ROOTS)
    return np.asarray(np.linalg.norm(placed - apply(np.linalg.inv(motion), ROOTS), axis=1))


@pytest.mark.parametrize("channel", [1, 2])
def test_motion_up_to_five_millimetres_is_found_to_half_a_millimetre(channel: int) -> None:
    errors: list[float] = []
    for seed in (2, 3):
        motion, found = registered(channel, seed)
        errors += errors_mm(found, motion).tolist()
        assert found.residual_mm < 1.0
        assert max(errors[-2:]) < 2 * found.residual_mm + 0.2  # the estimate is honest
        rotation = found.reference_to_moving_lps[:3, :3]
        assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(rotation) > 0
    assert np.median(errors) <= 0.5


def test_the_same_images_give_the_same_result() -> None:
    (_, first), (_, after) = registered(2, 2), moved(2, 2)
    second = register(still(0), after, SETTINGS)
    assert np.allclose(first.reference_to_moving_lps, second.reference_to_moving_lps, atol=1e-9)
    assert first.residual_mm == pytest.approx(second.residual_mm, abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        rigid(np.zeros(3), np.array([5.0, 0.0, 0.0]), CENTRE),
        rigid(np.zeros(3), np.array([0.0, -5.0, 0.0]), CENTRE),
        rigid(np.zeros(3), np.array([0.0, 0.0, 5.0]), CENTRE),
        rigid(np.zeros(3), np.array([2.9, -2.9, 2.9]), CENTRE),
        rigid(np.array([0.0, 0.0, 0.3]), np.zeros(3), CENTRE),
    ],
    ids=["left", "front", "head", "oblique", "turned"],
)
def test_a_search_that_ends_five_millimetres_off_is_noticed(
    monkeypatch: pytest.MonkeyPatch, wrong: NDArray[np.float64]
) -> None:
    monkeypatch.setattr(registration, "_search", lambda *_: wrong)  # all starts agree on it
    found = register(still(0), still(1), SETTINGS)
    assert found.residual_mm > SETTINGS.refuse_residual_mm


def test_searches_that_disagree_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [rigid(np.zeros(3), np.array([0.0, 0.0, z]), CENTRE) for z in (-3.0, 0.0, 4.0)]
    monkeypatch.setattr(registration, "_search", lambda _task, _start, number: ends[number])
    found = register(still(0), still(2), SETTINGS)
    assert found.residual_mm >= 3.0


def test_an_image_of_something_else_is_refused() -> None:
    rng = np.random.default_rng(5)
    other = still(1)
    scrambled = Volume(rng.permutation(other.array.ravel()).reshape(other.array.shape), other.grid)
    assert register(still(0), scrambled, SETTINGS).residual_mm > SETTINGS.refuse_residual_mm


def test_an_empty_image_is_refused() -> None:
    empty = Volume(np.zeros_like(still(1).array), still(1).grid)
    assert register(still(0), empty, SETTINGS).residual_mm > SETTINGS.refuse_residual_mm


@pytest.mark.parametrize("away_mm", [45.0, 400.0])
def test_images_that_hardly_overlap_are_refused(away_mm: float) -> None:
    away = np.eye(4)
    away[2, 3] = away_mm
    elsewhere = Volume(still(1).array, still(1).grid.moved(away))
    assert register(still(0), elsewhere, SETTINGS).residual_mm == np.inf
