"""Running a trained network: OpenVINO on the CPU, torch on a GPU, the same numbers from both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Array = NDArray[np.float32]
Engine = Callable[[Array], Array]
"""Maps images (N, C, X, Y, Z) to logits (N, K, X, Y, Z), both float32."""
_TILE_VOXELS, _TILE_OVERLAP = 64, 0.5
"""Tiles of what the segmenter was trained on, blended; memory falls to a seventh."""


def openvino_engine(network: nn.Module, channels: int, threads: int) -> Engine:
    """The network on the CPU through OpenVINO, in float32 whatever the processor prefers."""
    import openvino
    import torch

    example = torch.zeros(1, channels, 32, 32, 32)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # OpenVINO converts by torch.jit, which torch deprecates
        model = openvino.convert_model(
            network, example_input=example, input=[(-1, channels, -1, -1, -1)]
        )
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(model, "CPU", options)

    def run(images: Array) -> Array:
        return np.asarray(compiled(np.ascontiguousarray(images))[0], dtype=np.float32)

    return run


def torch_engine(network: nn.Module, device: str = "cuda") -> Engine:
    """The network through torch, in full float32 (no TF32, which would differ from the CPU)."""
    run = _placed(network, device)
    return lambda images: _array(run(_tensor(images).to(device)))


def tiled_engine(network: nn.Module, device: str = "cuda") -> Engine:
    """The same in overlapping tiles, of which only one at a time is on the device."""
    from monai.inferers.utils import sliding_window_inference

    run = _placed(network, device)

    def run_tiles(images: Array) -> Array:
        logits = sliding_window_inference(
            _tensor(images),
            (_TILE_VOXELS,) * 3,
            sw_batch_size=1,
            predictor=run,
            overlap=_TILE_OVERLAP,
            mode="gaussian",
            sw_device=device,
            device="cpu",
        )
        return _array(logits)

    return run_tiles


def _placed(network: nn.Module, device: str) -> Callable[[Tensor], Tensor]:
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    placed = network.to(device).eval()

    def run(images: Tensor) -> Tensor:
        with torch.no_grad():
            logits: Tensor = placed(images)
        return logits

    return run


def _tensor(images: Array) -> Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(images))


def _array(logits: Tensor) -> Array:
    return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)
