from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.errors import UsageError
from pipeline.segment.networks import chosen_device, load_networks
from pipeline.settings import load_settings
from tests.workflow.shared_networks import shared_networks


def test_a_gpu_that_is_not_there_is_a_clear_error() -> None:
    assert chosen_device("cpu") == "cpu"
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert chosen_device("auto") == "cpu"
    with pytest.raises(UsageError, match="no CUDA GPU"):
        chosen_device("cuda")


def test_both_networks_say_once_where_they_run() -> None:
    networks = shared_networks()
    assert ";" not in networks.device()
    if not torch.cuda.is_available():
        assert networks.device() == "cpu (OpenVINO, float32)"
    assert [used.name for used in networks.used] == ["rez_localizer", "cpa_segmenter"]
    logits = networks.localiser(np.zeros((1, 1, 32, 32, 32), dtype=np.float32))
    assert logits.shape[0] == 1
    assert logits.shape[2:] == (32, 32, 32)


def test_a_gpu_too_small_is_told_of_once_and_the_study_is_done_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A GPU is played by the CPU with no memory to spare."""

    def full(_network: object, _device: str = "cuda") -> object:
        def run(_images: object) -> object:
            raise torch.OutOfMemoryError

        return run

    monkeypatch.setattr("pipeline.segment.networks.chosen_device", lambda _: "cuda")
    monkeypatch.setattr("pipeline.segment.networks.torch_engine", full)
    monkeypatch.setattr("pipeline.segment.networks.tiled_engine", full)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Toy")
    networks = load_networks(load_settings())
    assert networks.device() == "cuda (Toy, float32)"
    logits = networks.localiser(np.zeros((1, 1, 32, 32, 32), dtype=np.float32))
    assert np.isfinite(logits).all()
    said = "cpu (OpenVINO, float32; for want of the GPU's memory); cuda (Toy, float32)"
    assert networks.device() == said
