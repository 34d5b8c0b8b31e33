"""The researcher's loop on a made-up site: split, train on, compare, and promote or refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.paths import OutputFolder
from pipeline.segment.models import SEGMENTER, Bundle, read_lock, verified_bundle
from pipeline.settings import MODELS, load_settings
from pipeline.train.contest import Contest
from pipeline.train.retrain import CONTEST, Retrained, promote, retrain
from pipeline.train.state import Plan

from .sites import SMALL, site

SETTINGS = load_settings().model_copy(update={"segment": SMALL})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Retrained]:
    """A site of seven patients, and a second of training on its labels."""
    folder = tmp_path_factory.mktemp("site")
    output, labels = OutputFolder(folder / "out"), folder / "labels"
    labels.mkdir()
    site(output, labels, {n: f"ID{n}" for n in range(1, 8)})
    plan = Plan(folder / "run", minutes=0.02, threads=1)
    return plan.out, retrain(labels, output, plan, SETTINGS, workers=0)


def judged(run: Path, *, better: bool) -> None:
    found = Contest.read(run / CONTEST)
    found.model_copy(update={"better": better, "reason": "as told"}).write(run / CONTEST)


def test_the_loop_ends_with_a_contest_on_patients_kept_apart(made: tuple[Path, Retrained]) -> None:
    run, result = made
    assert Contest.read(run / CONTEST) == result.contest
    assert (result.contest.patients, result.contest.crops) == (2, 4)
    assert len(result.crops.training) == 10
    trained = {path.name for path in (run / "crops").iterdir()}
    assert trained == {path.name for path in result.crops.training}
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["network"] == SEGMENTER
    assert "class_offsets" in metrics


def test_only_a_better_network_takes_over(made: tuple[Path, Retrained], tmp_path: Path) -> None:
    run, _ = made
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    before = read_lock(models)
    judged(run, better=False)
    with pytest.raises(UsageError, match="not promoted: as told"):
        promote(run, "9.0.0", models)
    assert read_lock(models) == before
    judged(run, better=True)
    promote(run, "9.0.0", models)
    bundle = verified_bundle(SEGMENTER, models)
    assert bundle.version == "9.0.0"
    assert bundle.weights.read_bytes() == (run / "model.safetensors").read_bytes()
    assert bundle.weights.read_bytes() != Bundle(MODELS / SEGMENTER).weights.read_bytes()


def test_nothing_is_promoted_without_a_contest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no contest"):
        promote(tmp_path, "9.0.0", tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--bank"),
        (["--bank", "b", "--promote", "1.0.0"], "--promote"),
        (["--data", "d"], "--results"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: list[str], message: str) -> None:
    command = ["train", "segmenter", str(tmp_path / "run"), "--minutes", "1", *options]
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code != 0
    assert message in str(ended.exception or ended.output)
