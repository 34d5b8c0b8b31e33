"""Folia: thin sheets near the surface, the same whatever grid is laid over them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pipeline.phantom.folia import cut_by_folia

Axes = list[NDArray[np.float64]]


def half_space(step_mm: float = 0.25) -> tuple[torch.Tensor, Axes]:
    """Brain below z = 0 of a block of 20 mm, mirrored in x."""
    axis = np.arange(-10.0, 10.0 + step_mm / 2, step_mm)
    axes = [axis, axis + 50.0, axis - 10.0]
    brain = torch.as_tensor((axes[2] + 5.0).astype(np.float32)).expand(len(axis), len(axis), -1)
    return brain.clone(), axes


def cut(seed: int, step_mm: float = 0.25) -> tuple[torch.Tensor, torch.Tensor]:
    brain, axes = half_space(step_mm)
    return brain, cut_by_folia(brain.clone(), axes, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(6))
def test_fissures_are_thin_and_near_the_surface(seed: int) -> None:
    brain, folded = cut(seed)
    fluid = (folded > 0) & (brain < 0)
    assert 0.005 < fluid[brain > -2.0].float().mean() < 0.4
    assert not fluid[brain < -20.0].any()
    assert float(folded[fluid].max()) <= 0.36  # half of the widest


def test_nothing_outside_changes_and_nothing_becomes_brain() -> None:
    brain, folded = cut(1)
    assert torch.equal(folded[brain > 0.5], brain[brain > 0.5])
    assert (folded >= brain).all()


def test_a_finer_grid_shows_the_same_sheets() -> None:
    coarse, fine = cut(3, 0.5)[1], cut(3, 0.25)[1]
    assert torch.allclose(coarse, fine[::2, ::2, ::2], atol=0.02)


def test_subjects_differ() -> None:
    assert not torch.allclose(cut(4)[1], cut(5)[1], atol=0.05)
