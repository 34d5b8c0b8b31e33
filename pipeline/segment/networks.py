"""Both networks ready to run, on the device that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline.errors import UsageError
from pipeline.records.landmarks import ModelUsed
from pipeline.segment.engine import Array, Engine, openvino_engine, tiled_engine, torch_engine
from pipeline.segment.memory import FirstThatFits, Way
from pipeline.segment.models import LOCALISER, SEGMENTER, Bundle, verified_bundle
from pipeline.settings import Settings


@dataclass(frozen=True)
class Networks:
    """Both networks, loaded once for many studies.

    device: tells where the last study ran, as named in records.
    """

    localiser: Engine
    segmenter: Engine
    used: tuple[ModelUsed, ...]
    device: Callable[[], str]


def load_networks(settings: Settings) -> Networks:
    """Check both bundles against the lock and make them ready to run.

    Raises UsageError when a file of a bundle is not the one in the lock, or when a GPU is asked
    for and there is none.
    """
    ways = ways_on_gpu if chosen_device(settings.device) == "cuda" else ways_on_cpu
    return load_with(lambda bundle: ways(bundle, settings.threads))


def load_with(ways: Callable[[Bundle], Sequence[Way]]) -> Networks:
    """Both networks, each run in the first of its ways that fits. Raises as load_networks."""
    bundles = [verified_bundle(name) for name in (LOCALISER, SEGMENTER)]
    localiser, segmenter = (FirstThatFits(ways(bundle)) for bundle in bundles)
    used = tuple(bundle.used() for bundle in bundles)
    return Networks(localiser, segmenter, used, lambda: _joined(localiser.where, segmenter.where))


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


def ways_on_cpu(bundle: Bundle, threads: int) -> list[Way]:
    """The way that every machine has."""
    network, channels = bundle.trained_network(), bundle.input_channels
    return [Way("cpu (OpenVINO, float32)", openvino_engine(network, channels, threads))]


def ways_on_gpu(bundle: Bundle, threads: int) -> list[Way]:
    """On the GPU; there in tiles; on the CPU."""
    import torch

    gpu = f"cuda ({torch.cuda.get_device_name()}, float32"
    network = bundle.trained_network()

    @cache
    def loaded_on_cpu() -> Engine:
        return ways_on_cpu(bundle, threads)[0].engine

    def on_cpu(images: Array) -> Array:
        return loaded_on_cpu()(images)

    return [
        Way(f"{gpu})", torch_engine(network)),
        Way(f"{gpu}; in tiles, for want of its memory)", tiled_engine(network)),
        Way("cpu (OpenVINO, float32; for want of the GPU's memory)", on_cpu),
    ]


def _joined(first: str, second: str) -> str:
    return first if first == second else f"{first}; {second}"
