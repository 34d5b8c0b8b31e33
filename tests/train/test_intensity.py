from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from pipeline.train.intensity import CEILING, Chances, augmented

NAMES = [field.name for field in fields(Chances)]
NEVER = dict.fromkeys(NAMES, 0.0)


def patch() -> torch.Tensor:
    values = torch.rand(20, 18, 16, generator=torch.Generator().manual_seed(1)) * 0.8 + 0.1
    values[:5] = 0.0
    return values


@pytest.mark.parametrize("name", NAMES)
def test_each_change_keeps_range_shape_and_the_outside(name: str) -> None:
    before = patch()
    kept = before.clone()
    for seed in range(5):
        after = augmented(before, np.random.default_rng(seed), Chances(**{**NEVER, name: 1.0}))
        assert after.shape == before.shape
        assert after.dtype == torch.float32
        assert torch.isfinite(after).all()
        assert 0.0 <= float(after.min()) <= float(after.max()) <= CEILING
        assert not after[:4].any()
        assert not torch.equal(after, before), f"{name} changed nothing"
        assert torch.equal(before, kept), "the input was modified"


def test_without_any_chance_nothing_changes() -> None:
    after = augmented(patch(), np.random.default_rng(0), Chances(**NEVER))
    assert torch.equal(after, patch())


def test_remapping_keeps_the_order_of_brightness() -> None:
    ramp = torch.linspace(0.01, 1.4, 400).reshape(4, 10, 10)
    after = augmented(ramp, np.random.default_rng(3), Chances(**{**NEVER, "remap": 1.0}))
    assert (after.flatten().diff() >= 0).all()
