from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.records.labels import Label
from pipeline.segment.models import SEGMENTER, Bundle
from pipeline.settings import MODELS
from pipeline.train.balance import (
    add_to_logits,
    balance,
    best_offsets,
    dice_by_label,
    held_out_logits,
)
from pipeline.train.dataset import list_bank, spread
from tests.train.banks import write_segmenter_bank

COUNT = len(Label)


def overstated(label: Label, excess: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that know the truth but for an excess of one label, and that truth."""
    rng = np.random.default_rng(4)
    truth = rng.choice(COUNT, 6000, p=[0.6] + [0.4 / (COUNT - 1)] * (COUNT - 1))
    logits = rng.normal(0.0, 1.0, (len(truth), COUNT)).astype(np.float32)
    logits[np.arange(len(truth)), truth] += 3.0
    logits[:, label] += excess
    return logits, truth.astype(np.int64)


@pytest.mark.parametrize("label", [Label.FACIAL_NERVE_REZ, Label.ARTERY, Label.ANEURYSM])
def test_an_overstated_label_is_taken_back(label: Label) -> None:
    logits, truth = overstated(label, 3.0)
    offsets = best_offsets(logits, truth, np.ones(len(truth), dtype=bool))
    assert offsets[label] == pytest.approx(-3.0, abs=1.0)
    others = np.delete(offsets, [label])
    assert np.abs(others).max() <= 1.0
    before, after = dice_by_label(logits, truth), dice_by_label(logits + offsets, truth)
    assert after[label] > before[label] + 0.2
    found = (logits + offsets).argmax(axis=1)
    assert (found == label).sum() == pytest.approx((truth == label).sum(), rel=0.25)


def test_background_and_brainstem_are_the_base() -> None:
    logits, truth = overstated(Label.VEIN, 2.0)
    offsets = best_offsets(logits, truth, np.ones(len(truth), dtype=bool))
    assert offsets[Label.OTHER] == offsets[Label.BRAINSTEM] == 0.0


def half_overstated(label: Label) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A label overstated by 3 in one half of the voxels, which lies beside, and right elsewhere."""
    logits, truth = overstated(label, 0.0)
    beside = np.arange(len(truth)) % 2 == 0
    logits[beside, label] += 3.0
    return logits, truth, beside


def test_vessels_are_judged_beside_the_root_exit_zone() -> None:
    logits, truth, beside = half_overstated(Label.VEIN)
    assert best_offsets(logits, truth, beside)[Label.VEIN] == pytest.approx(-3.0, abs=0.5)
    assert abs(best_offsets(logits, truth, ~beside)[Label.VEIN]) <= 0.5


def test_lesions_are_judged_wherever_they_lie() -> None:
    logits, truth, beside = half_overstated(Label.TUMOUR)
    found = [best_offsets(logits, truth, where)[Label.TUMOUR] for where in (beside, ~beside)]
    assert found == pytest.approx([-2.75, -2.75], abs=0.75)


def test_without_any_voxel_beside_all_are_judged() -> None:
    logits, truth = overstated(Label.ARTERY, 3.0)
    nowhere, everywhere = np.zeros(len(truth), dtype=bool), np.ones(len(truth), dtype=bool)
    found, expected = (best_offsets(logits, truth, where) for where in (nowhere, everywhere))
    assert (found == expected).all()


def test_dice_of_a_label_that_never_occurs_is_one() -> None:
    logits = np.eye(COUNT, dtype=np.float32)[[0, 0, 2, 2]]
    scores = dice_by_label(logits, np.array([0, 2, 2, 2]))
    assert scores[2] == pytest.approx(2 * 2 / 5)
    assert scores[0] == pytest.approx(2 * 1 / 3)
    assert scores[5] == 1.0


def test_offsets_become_part_of_the_network(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = Bundle(MODELS / SEGMENTER).network().eval()
    image = torch.rand(1, 3, 32, 32, 32)
    with torch.no_grad():
        plain = network(image)
    weights = tmp_path / "model.safetensors"
    save_file(network.state_dict(), weights)
    offsets = np.linspace(-2.0, 1.0, COUNT).astype(np.float32)
    add_to_logits(weights, offsets)
    network.load_state_dict(load_file(weights))
    with torch.no_grad():
        moved = network(image) - plain
    assert torch.allclose(moved[0].mean(dim=(1, 2, 3)), torch.from_numpy(offsets), atol=1e-4)
    assert float(moved[0].std(dim=(1, 2, 3)).max()) < 1e-4


def test_a_run_is_balanced_and_says_so(tmp_path: Path) -> None:
    bank, run = write_segmenter_bank(tmp_path / "bank" / "segmenter"), tmp_path / "run"
    run.mkdir()
    torch.manual_seed(2)
    network = Bundle(MODELS / SEGMENTER).network().eval()
    save_file(network.state_dict(), run / "model.safetensors")
    (run / "metrics.json").write_text(json.dumps({"network": SEGMENTER}))
    offsets = balance(spread(list_bank(bank, held_out=True), 2), run)
    written = json.loads((run / "metrics.json").read_text())
    assert written == {"network": SEGMENTER, "class_offsets": offsets}
    assert set(offsets) == {label.name.lower() for label in Label}


def test_voxels_that_no_offset_could_change_are_left_out(tmp_path: Path) -> None:
    bank = write_segmenter_bank(tmp_path / "segmenter")
    network = Bundle(MODELS / SEGMENTER).trained_network()
    files = sorted(bank.glob("*.npz"))[:1]
    logits, truth, beside = held_out_logits(network, files, 0.4)
    assert logits.shape == (len(truth), COUNT)
    assert beside.shape == truth.shape
    assert np.exp(logits).sum(axis=1) == pytest.approx(1.0, abs=1e-3)
    assert ((np.exp(logits[:, 1:]).max(axis=1) > 0.02) | (truth > 0)).all()
