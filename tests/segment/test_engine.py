from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.segment.engine import openvino_engine, tiled_engine, torch_engine
from pipeline.segment.models import BUNDLES, SEGMENTER, Bundle
from pipeline.segment.soft import softmax_bytes
from pipeline.settings import MODELS


@pytest.mark.parametrize("name", BUNDLES)
def test_openvino_answers_like_torch(name: str) -> None:
    bundle = Bundle(MODELS / name)
    torch.manual_seed(3)
    network = bundle.trained_network() if bundle.weights.exists() else bundle.network().eval()
    channels = bundle.input_channels
    labels = bundle.config("metadata")["network_data_format"]["outputs"]["pred"]["num_channels"]
    fast, plain = openvino_engine(network, channels, 1), torch_engine(network, "cpu")
    rng = np.random.default_rng(5)
    for shape in ((32, 48, 16), (48, 32, 32)):
        image = rng.uniform(0, 1, (1, channels, *shape)).astype(np.float32)
        first, second = fast(image)[0], plain(image)[0]
        assert first.shape == (labels, *shape)
        difference = softmax_bytes(first).astype(int) - softmax_bytes(second).astype(int)
        assert np.abs(difference).max() < 0.02 * 255
        assert (first.argmax(axis=0) == second.argmax(axis=0)).mean() > 0.999


def test_tiles_answer_like_the_whole_far_from_their_seams() -> None:
    bundle = Bundle(MODELS / SEGMENTER)
    network, channels = bundle.trained_network(), bundle.input_channels
    image = np.random.default_rng(6).uniform(0, 1, (1, channels, 64, 64, 88)).astype(np.float32)
    whole, tiles = torch_engine(network, "cpu")(image), tiled_engine(network, "cpu")(image)
    assert tiles.shape == whole.shape
    assert tiles.dtype == np.float32
    assert (tiles.argmax(axis=1) == whole.argmax(axis=1)).mean() > 0.9
    fits = image[..., :64]
    assert np.allclose(tiled_engine(network, "cpu")(fits), torch_engine(network, "cpu")(fits))
