from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.segment.engine import Array, Engine
from pipeline.segment.memory import FirstThatFits, Way

IMAGE = np.zeros((1, 1, 4, 4, 4), dtype=np.float32)


def holding(voxels: int, answer: float) -> Engine:
    """An engine whose memory holds so many voxels."""

    def run(images: Array) -> Array:
        if images.size > voxels:
            raise torch.OutOfMemoryError
        return np.full_like(images, answer)

    return run


@pytest.fixture
def network() -> FirstThatFits:
    ways = (Way("whole", holding(70, 1.0)), Way("tiles", holding(600, 2.0)))
    return FirstThatFits((*ways, Way("cpu", holding(10**9, 3.0))))


@pytest.mark.parametrize(
    ("voxels", "where", "answer"), [(64, "whole", 1.0), (512, "tiles", 2.0), (1000, "cpu", 3.0)]
)
def test_the_best_way_that_fits_is_taken(
    network: FirstThatFits, voxels: int, where: str, answer: float
) -> None:
    logits = network(np.zeros((1, 1, voxels, 1, 1), dtype=np.float32))
    assert network.where == where
    assert (logits == answer).all()


def test_memory_that_became_free_is_used_again(network: FirstThatFits) -> None:
    assert network.where == "whole"
    network(np.zeros((1, 1, 1000, 1, 1), dtype=np.float32))
    assert network.where == "cpu"
    network(IMAGE)
    assert network.where == "whole"


def test_another_error_is_not_taken_for_want_of_memory() -> None:
    def broken(_images: Array) -> Array:
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        FirstThatFits((Way("gpu", broken), Way("cpu", holding(64, 0.0))))(IMAGE)


def test_the_last_way_may_not_run_out() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        FirstThatFits((Way("gpu", holding(1, 0.0)), Way("cpu", holding(1, 0.0))))(IMAGE)
