from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.errors import UsageError
from pipeline.segment.engine import chosen_device, openvino_engine, torch_engine
from pipeline.segment.models import BUNDLES, Bundle
from pipeline.segment.soft import softmax_bytes
from pipeline.settings import MODELS


@pytest.mark.parametrize("name", BUNDLES)
def test_openvino_answers_like_torch(name: str) -> None:
    bundle = Bundle(MODELS / name)
    torch.manual_seed(3)
    network = bundle.trained_network() if bundle.weights.exists() else bundle.network().eval()
    formats = bundle.config("metadata")["network_data_format"]
    channels = formats["inputs"]["image"]["num_channels"]
    labels = formats["outputs"]["pred"]["num_channels"]
    fast, plain = openvino_engine(network, channels, 1), torch_engine(network, "cpu")
    rng = np.random.default_rng(5)
    for shape in ((32, 48, 16), (48, 32, 32)):
        image = rng.uniform(0, 1, (1, channels, *shape)).astype(np.float32)
        first, second = fast(image)[0], plain(image)[0]
        assert first.shape == (labels, *shape)
        difference = softmax_bytes(first).astype(int) - softmax_bytes(second).astype(int)
        assert np.abs(difference).max() < 0.02 * 255
        assert (first.argmax(axis=0) == second.argmax(axis=0)).mean() > 0.999


def test_a_gpu_that_is_not_there_is_a_clear_error() -> None:
    assert chosen_device("cpu") == "cpu"
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert chosen_device("auto") == "cpu"
    with pytest.raises(UsageError, match="no CUDA GPU"):
        chosen_device("cuda")
