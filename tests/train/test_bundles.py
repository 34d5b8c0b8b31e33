"""The bundles by themselves: MONAI's own runner infers, trains and evaluates from their configs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.bundle import run
from safetensors.torch import load_file

from pipeline.segment.models import BUNDLES, LOCALISER, SEGMENTER, Bundle
from pipeline.segment.soft import softmax_bytes
from pipeline.settings import MODELS
from tests.train.banks import write_localiser_image, write_segmenter_bank

pytestmark = pytest.mark.filterwarnings("ignore:parsing config_file:UserWarning")  # they are ours

SMALLER = {
    SEGMENTER: {"training#patch_voxels": 16},
    LOCALISER: {"training#windows_voxels": [[32, 32, 32]], "training#batch_size": 1},
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    write_segmenter_bank(folder / "segmenter")
    (folder / "localiser").mkdir()
    for number in range(16):
        write_localiser_image(folder / "localiser" / f"{number:03d}.npz")
    return folder


def config(name: str, use: str) -> str:
    return str(MODELS / name / "configs" / f"{use}.json")


@pytest.mark.parametrize("name", BUNDLES)
def test_trains_from_its_own_config(name: str, bank: Path, tmp_path: Path) -> None:
    run(
        config_file=config(name, "train"),
        bank=str(bank),
        out=str(tmp_path),
        minutes=0.001,
        workers=0,
        threads=1,
        **SMALLER[name],
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["network"], metrics["steps"] >= 1) == (name, True)
    Bundle(MODELS / name).network().load_state_dict(load_file(tmp_path / "model.safetensors"))


@pytest.mark.parametrize("name", BUNDLES)
def test_scores_its_released_weights(name: str, bank: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    run(config_file=config(name, "evaluate"), bank=str(bank), scores=str(scores))
    assert json.loads(scores.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", BUNDLES)
def test_infers_as_the_product_does(name: str, tmp_path: Path) -> None:
    bundle = Bundle(MODELS / name)
    channels = bundle.config("metadata")["network_data_format"]["inputs"]["image"]["num_channels"]
    image = np.random.default_rng(1).uniform(0, 1, (1, channels, 32, 32, 32)).astype(np.float32)
    np.save(tmp_path / "image.npy", image)
    run(
        config_file=config(name, "inference"),
        bundle_root=str(MODELS / name),
        image_file=str(tmp_path / "image.npy"),
        output_file=str(tmp_path / "output.npy"),
    )
    with torch.inference_mode():
        logits = bundle.trained_network()(torch.from_numpy(image))[0].numpy()
    expected = softmax_bytes(logits) / 255 if name == SEGMENTER else 1 / (1 + np.exp(-logits))
    assert np.abs(np.load(tmp_path / "output.npy")[0] - expected).max() < 0.01
