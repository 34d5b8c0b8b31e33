from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.networks.nets import UNet
from safetensors.torch import load_file

from pipeline.errors import UsageError
from pipeline.segment.models import SEGMENTER, Bundle, read_lock
from pipeline.settings import MODELS
from pipeline.train.dataset import BankSamples, Batch, background
from pipeline.train.loop import train
from pipeline.train.release import main as release_main
from pipeline.train.segmenter import SegmenterTask, load_crop, make_batch
from pipeline.train.state import Plan, TrainingState, learning_rate_factor
from tests.train.banks import write_segmenter_bank

SETTINGS: dict[str, Any] = {
    **Bundle(MODELS / SEGMENTER).config("train")["training"],
    "patch_voxels": 16,
    "learning_rate": 0.01,
    "ema_decay": 0.9,
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_segmenter_bank(tmp_path_factory.mktemp("bank") / "segmenter")


def tiny_network() -> torch.nn.Module:
    torch.manual_seed(0)
    return UNet(3, 3, 9, (8, 16), (2,), num_res_units=1, norm="INSTANCE")


def start(bank: Path, out: Path, seconds: float, *, resume: bool = False) -> dict[str, Any]:
    def batches(number: int) -> Iterator[Batch]:
        samples = BankSamples(
            bank, load_crop, partial(make_batch, settings=SETTINGS), batch_size=2, seed=(1, number)
        )
        return background(samples, workers=0)

    plan = Plan(out, seconds / 60, threads=1, checkpoint_seconds=1.0, validate_seconds=1.0)
    return train(SegmenterTask(bank, SETTINGS), tiny_network(), batches, plan, resume=resume)


def logged(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_training_learns_resumes_and_records(bank: Path, tmp_path: Path) -> None:
    first = start(bank, tmp_path, 2.5)
    weights = load_file(tmp_path / "model.safetensors")
    again = start(bank, tmp_path, 2.5, resume=True)
    assert again["steps"] == first["steps"], "a finished run has nothing to resume"
    assert all(
        torch.equal(values, load_file(tmp_path / "model.safetensors")[name])
        for name, values in weights.items()
    )

    longer = start(bank, tmp_path, 5.0, resume=True)
    assert longer["steps"] > first["steps"]
    assert longer["starts"] == 3
    assert longer["training_seconds"] >= 5.0
    entries = logged(tmp_path)
    assert [e["step"] for e in entries] == sorted(e["step"] for e in entries)
    assert entries[-1]["loss"] < 0.9 * entries[0]["loss"]
    assert longer["validation"]["dice_brainstem"] > 0.5

    tiny_network().load_state_dict(load_file(tmp_path / "model.safetensors"))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["seed"] == 1
    assert metrics["threads"] == 1
    assert metrics["settings"]["patch_voxels"] == 16


def test_the_learning_rate_warms_up_and_ends_near_zero() -> None:
    factors = [learning_rate_factor(share / 100) for share in range(101)]
    assert max(factors) == pytest.approx(1.0, abs=0.01)
    assert factors[0] < 0.1
    assert factors[-1] <= 0.001
    assert factors[5:] == sorted(factors[5:], reverse=True)


def bundle_at(root: Path) -> Path:
    (root / SEGMENTER / "configs").mkdir(parents=True)
    (root / SEGMENTER / "configs" / "metadata.json").write_text('{"version": "0.0.0"}')
    return root


def finished_run(folder: Path, network: str) -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "metrics.json").write_text(json.dumps({"network": network, "steps": 7}))
    return folder


def test_a_release_fills_the_bundle_and_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = bundle_at(tmp_path / "models")
    run = finished_run(tmp_path / "run", SEGMENTER)
    monkeypatch.setattr("pipeline.train.release.release.__defaults__", (models,))
    monkeypatch.setattr("pipeline.train.release.write_lock.__defaults__", (models,))
    release_main(["--segmenter", str(run), "--version", "1.0.0"])
    bundle = Bundle(models / SEGMENTER)
    assert bundle.version == "1.0.0"
    assert bundle.config("metadata")["training"]["steps"] == 7
    assert bundle.weights.read_bytes() == b"weights"
    assert set(read_lock(models)) == {
        f"{SEGMENTER}/configs/metadata.json",
        f"{SEGMENTER}/models/model.safetensors",
    }


def test_an_unfinished_or_foreign_run_is_not_released(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="has not ended"):
        release_main(["--segmenter", str(tmp_path / "empty")])
    other = finished_run(tmp_path / "other", "rez_localizer")
    with pytest.raises(UsageError, match="not of cpa_segmenter"):
        release_main(["--segmenter", str(other)])


def test_a_finished_training_can_be_annealed_anew(tmp_path: Path) -> None:
    plan = Plan(tmp_path, minutes=10.0, restart_rate=0.3)
    state = TrainingState(tiny_network(), SETTINGS, plan)
    state.progress.elapsed = 0.8 * plan.minutes * 60.0
    before = state.learning_rate()
    state.begin_annealing(0.3)
    started = state.learning_rate()
    state.progress.elapsed += 0.2 * 0.05 * plan.minutes * 60.0  # the end of the warm-up
    assert state.learning_rate() == pytest.approx(0.3 * SETTINGS["learning_rate"])
    assert started < before < state.learning_rate()
    state.progress.elapsed = plan.minutes * 60.0
    assert state.learning_rate() < 0.001 * SETTINGS["learning_rate"]
