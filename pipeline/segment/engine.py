"""Running a trained network: OpenVINO on the CPU, torch on a GPU, the same numbers from both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.records.landmarks import ModelUsed
from pipeline.segment.models import LOCALISER, SEGMENTER, verified_bundle
from pipeline.settings import Settings

if TYPE_CHECKING:
    from torch import nn

Array = NDArray[np.float32]
Engine = Callable[[Array], Array]
"""Maps images (N, C, X, Y, Z) to logits (N, K, X, Y, Z), both float32."""


@dataclass(frozen=True)
class Networks:
    """Both networks, loaded once for many studies. device: as named in records."""

    localiser: Engine
    segmenter: Engine
    used: tuple[ModelUsed, ...]
    device: str


def load_networks(settings: Settings) -> Networks:
    """Check both bundles against the lock and make them ready to run.

    Raises UsageError when a file of a bundle is not the one in the lock, or when a GPU is asked
    for and there is none.
    """
    bundles = [verified_bundle(name) for name in (LOCALISER, SEGMENTER)]
    device = chosen_device(settings.device)
    make = torch_engine if device == "cuda" else _on_cpu(settings.threads)
    localiser, segmenter = (make(bundle.trained_network()) for bundle in bundles)
    return Networks(
        localiser, segmenter, tuple(bundle.used() for bundle in bundles), _described(device)
    )


def chosen_device(wanted: Literal["auto", "cpu", "cuda"]) -> Literal["cpu", "cuda"]:
    """Where to compute: `auto` takes a CUDA GPU where torch sees one."""
    if wanted == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise UsageError(
            "device cuda is asked for, but no CUDA GPU can be used here; set device to auto or cpu"
        )
    return "cpu"


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
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    placed = network.to(device).eval()

    def run(images: Array) -> Array:
        with torch.inference_mode():
            logits = placed(torch.from_numpy(np.ascontiguousarray(images)).to(device))
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)

    return run


def _on_cpu(threads: int) -> Callable[[nn.Module], Engine]:
    def make(network: nn.Module) -> Engine:
        return openvino_engine(network, _input_channels(network), threads)

    return make


def _input_channels(network: nn.Module) -> int:
    first = next(weights for weights in network.parameters() if weights.ndim == 5)
    return int(first.shape[1])


def _described(device: Literal["cpu", "cuda"]) -> str:
    if device == "cpu":
        return "cpu (OpenVINO, float32)"
    import torch

    return f"cuda ({torch.cuda.get_device_name()}, float32)"
