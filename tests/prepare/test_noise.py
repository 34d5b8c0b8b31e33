"""Noise of a T2 image against its brightest part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume
from pipeline.prepare.noise import csf_to_noise

SHAPE = (80, 72, 40)
CSF, BRAIN = 600.0, 180.0


def _head() -> NDArray[np.float64]:
    """Brain with bands of fluid: 6 of 20 columns, with sharp edges."""
    head = np.full(SHAPE, BRAIN)
    head[np.arange(SHAPE[0]) % 20 < 6] = CSF
    return head


def _ratio(array: NDArray[np.float64]) -> float | None:
    return csf_to_noise(Volume(array.astype(np.float32), Grid(SHAPE, np.eye(4))))


@pytest.mark.parametrize("snr", [12.0, 20.0, 45.0])
def test_known_noise_is_found_beside_edges(snr: float) -> None:
    rng = np.random.default_rng(3)
    found = _ratio(_head() + rng.normal(0.0, CSF / snr, SHAPE))
    assert found == pytest.approx(snr, rel=0.2)


def test_brightness_as_such_does_not_matter() -> None:
    noisy = _head() + np.random.default_rng(4).normal(0.0, 20.0, SHAPE)
    assert _ratio(7.0 * noisy) == pytest.approx(_ratio(noisy), rel=1e-3)


def test_air_around_the_head_does_not_count() -> None:
    noisy = _head() + np.random.default_rng(5).normal(0.0, 20.0, SHAPE)
    masked = noisy.copy()
    masked[:15], masked[-15:] = 0.0, 0.0
    assert _ratio(masked) == pytest.approx(_ratio(noisy), rel=1e-3)


def test_an_empty_image_has_none() -> None:
    assert _ratio(np.zeros(SHAPE)) is None
