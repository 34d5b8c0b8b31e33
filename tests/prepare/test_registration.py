"""Registration on generated heads whose motion is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.acquire import observed, random_protocol, rigid, slab_grid
from pipeline.phantom.appearance import random_appearance
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.render import Painting, paint
from pipeline.phantom.subject import make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.prepare.registration import register
from pipeline.settings import load_settings

CENTRE = np.array([0.0, 35.0, -41.0])
ROOTS = CENTRE + np.array([[15.0, -8.0, 0.0], [-15.0, -8.0, 0.0]])
SETTINGS = load_settings().prepare


@cache
def painted() -> tuple[Painting, list[float]]:
    clear = SideRecipe("clear", "none", 2.0, "AS", "AICA", None, aneurysm=False)
    subject = make_subject(90_001, {"left": clear, "right": clear})
    rng = np.random.default_rng(3)
    looks = [random_appearance(family, rng) for family in ("bssfp", "tof", "mprage")]  # type: ignore[arg-type]
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = CENTRE - [85, 85, 48]
    brightest = [look.signal[Tissue.WHITE_MATTER] for look in looks]
    return paint(subject, Grid((170, 170, 96), affine), looks), [1.0, *brightest[1:]]


def scan(channel: int, motion: np.ndarray, seed: int, height_mm: float = 40.0) -> Volume:
    painting, signals = painted()
    rng = np.random.default_rng(seed)
    role = ("t2", "tof", "t1c")[channel]
    protocol = random_protocol(("bssfp", "tof", "mprage")[channel], role, rng)  # type: ignore[arg-type]
    grid = slab_grid(CENTRE, protocol, (140.0, 140.0, height_mm), rng.normal(0.0, 0.06, 3))
    image = Volume(painting.images[channel], painting.grid)
    clean = resample(image, grid, target_to_volume_lps=motion)
    return observed(clean, protocol, signals[channel], rng)


@pytest.mark.parametrize("channel", [1, 2])
def test_motion_up_to_five_millimetres_is_found_to_half_a_millimetre(channel: int) -> None:
    reference = scan(0, np.eye(4), seed=1)
    errors = []
    for seed in (2, 3):
        rng = np.random.default_rng(seed)
        motion = rigid(rng.uniform(-0.06, 0.06, 3), rng.uniform(-2.8, 2.8, 3), CENTRE)
        found = register(reference, scan(channel, motion, seed), SETTINGS)
        true = np.linalg.inv(motion)
        moved = ROOTS @ found.reference_to_moving_lps[:3, :3].T
        moved += found.reference_to_moving_lps[:3, 3]
        errors += list(np.linalg.norm(moved - (ROOTS @ true[:3, :3].T + true[:3, 3]), axis=1))
        assert found.residual_mm < 1.0
    assert np.median(errors) <= 0.5


def test_an_image_of_something_else_is_refused() -> None:
    rng = np.random.default_rng(5)
    reference = scan(0, np.eye(4), seed=1)
    other = scan(1, np.eye(4), seed=2)
    scrambled = Volume(rng.permutation(other.array.ravel()).reshape(other.array.shape), other.grid)
    assert register(reference, scrambled, SETTINGS).residual_mm > SETTINGS.refuse_residual_mm


def test_images_that_hardly_overlap_are_refused() -> None:
    reference = scan(0, np.eye(4), seed=1)
    other = scan(1, np.eye(4), seed=2)
    away = np.eye(4)
    away[2, 3] = 45.0
    elsewhere = Volume(other.array, other.grid.moved(away))
    assert register(reference, elsewhere, SETTINGS).residual_mm == np.inf
