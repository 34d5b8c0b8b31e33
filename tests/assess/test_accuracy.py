from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.assess.accuracy import ReleasedAccuracy, ShareRight, released_accuracy
from pipeline.assess.study import Yardstick, _evidence
from pipeline.errors import UsageError
from pipeline.records.findings import MeasuredAccuracy
from pipeline.records.landmarks import ModelUsed
from pipeline.train.release import write_lock

NETWORK = ModelUsed(name="cpa_segmenter", version="1", sha256="a" * 64)
NEWER = ModelUsed(name="cpa_segmenter", version="1", sha256="b" * 64)
ROW = MeasuredAccuracy(
    finding="tumour", sensitivity=0.8, specificity=0.9, positives=10, negatives=60
)
RELEASED = ReleasedAccuracy(
    measured_on="40 studies", source="evaluation.json", models=(NETWORK,), accuracy=(ROW,)
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    RELEASED.write(tmp_path / "assessment" / "accuracy.json")
    write_lock(tmp_path)
    return tmp_path


def test_figures_are_shown_with_the_models_that_they_were_measured_with(
    models: Path, yardstick: Yardstick
) -> None:
    measured = replace(yardstick, accuracy=released_accuracy(models))
    assert _evidence(measured, (NETWORK,)).accuracy == (ROW,)
    assert _evidence(measured, (NEWER,)).accuracy == ()
    assert _evidence(measured, (NETWORK, NEWER)).accuracy == ()
    assert _evidence(replace(yardstick, accuracy=None), (NETWORK,)).accuracy == ()


def test_how_often_place_and_name_were_right_stands_in_the_statement(yardstick: Yardstick) -> None:
    described = RELEASED.model_copy(
        update={
            "segment": ShareRight(share=0.474, sides=62),
            "vessel": ShareRight(share=0.6, sides=20),
        }
    )
    statement = _evidence(replace(yardstick, accuracy=described), (NETWORK,)).statement
    assert statement.startswith(_evidence(yardstick, (NETWORK,)).statement)
    assert "right on 47 % of 62 generated sides in contact" in statement
    assert "the name was right on 60 % of 20 generated" in statement
    bare = _evidence(replace(yardstick, accuracy=RELEASED), (NETWORK,)).statement
    newer = _evidence(replace(yardstick, accuracy=described), (NEWER,)).statement
    assert bare == newer == _evidence(yardstick, (NETWORK,)).statement


def test_no_file_means_no_figures(tmp_path: Path) -> None:
    assert released_accuracy(tmp_path) is None


def test_changed_figures_are_refused(models: Path) -> None:
    path = models / "assessment" / "accuracy.json"
    values = json.loads(path.read_text("utf-8"))
    values["accuracy"][0]["sensitivity"] = 1.0
    path.write_text(json.dumps(values), "utf-8")
    with pytest.raises(UsageError, match=r"models\.lock"):
        released_accuracy(models)


def test_a_malformed_file_is_refused_in_words(models: Path) -> None:
    (models / "assessment" / "accuracy.json").write_text('{"accuracy": 3}', "utf-8")
    with pytest.raises(UsageError, match="nvc evaluate --publish"):
        released_accuracy(models)
