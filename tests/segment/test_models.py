from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import torch

from pipeline.errors import UsageError
from pipeline.segment.models import BUNDLES, Bundle, read_lock, verified_bundle
from pipeline.settings import CONFIGS, MODELS
from pipeline.train.release import write_lock

NAME = "cpa_segmenter"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    root = tmp_path / "models"
    for folder in ("configs", "models", "docs"):
        (root / NAME / folder).mkdir(parents=True)
    (root / NAME / "configs" / "metadata.json").write_text(json.dumps({"version": "1.2.3"}))
    (root / NAME / "configs" / "train.json").write_text("{}")
    (root / NAME / "models" / "model.safetensors").write_bytes(b"weights")
    write_lock(root)
    return root


def test_an_untouched_bundle_is_accepted_and_named(models: Path) -> None:
    used = verified_bundle(NAME, models).used()
    assert (used.name, used.version) == (NAME, "1.2.3")
    assert used.sha256 == read_lock(models)[f"{NAME}/models/model.safetensors"]


@pytest.mark.parametrize("file", ["models/model.safetensors", "configs/train.json"])
def test_a_changed_file_is_refused(models: Path, file: str) -> None:
    (models / NAME / file).write_bytes(b"other")
    with pytest.raises(UsageError, match=f"{file} differs"):
        verified_bundle(NAME, models)


def test_an_added_file_is_refused(models: Path) -> None:
    (models / NAME / "configs" / "evil.py").write_text("import os")
    with pytest.raises(UsageError, match=r"evil\.py is not in"):
        verified_bundle(NAME, models)


def test_a_missing_file_is_refused(models: Path) -> None:
    (models / NAME / "configs" / "train.json").unlink()
    with pytest.raises(UsageError, match=r"train\.json is missing"):
        verified_bundle(NAME, models)


def test_a_bundle_without_weights_is_refused(models: Path) -> None:
    (models / NAME / "models" / "model.safetensors").unlink()
    write_lock(models)
    with pytest.raises(UsageError, match="no weights"):
        verified_bundle(NAME, models)


@pytest.mark.parametrize("content", [None, "not a lock\n", "abc  file\n"])
def test_a_missing_or_malformed_lock_is_refused(models: Path, content: str | None) -> None:
    lock = models / "models.lock"
    lock.unlink() if content is None else lock.write_text(content)
    with pytest.raises(UsageError, match=r"models\.lock"):
        verified_bundle(NAME, models)


@pytest.mark.parametrize("name", BUNDLES)
def test_the_metadata_are_what_monai_specifies(name: str) -> None:
    metadata = Bundle(MODELS / name).config("metadata")
    schema = json.loads((CONFIGS / "schema" / "monai-metadata.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(metadata, schema)
    for tensors in metadata["network_data_format"].values():
        for tensor in tensors.values():
            assert set(tensor["channel_def"]) == {str(n) for n in range(tensor["num_channels"])}


@pytest.mark.parametrize("name", BUNDLES)
def test_the_network_maps_the_channels_that_its_metadata_names(name: str) -> None:
    bundle = Bundle(MODELS / name)
    formats = bundle.config("metadata")["network_data_format"]
    channels = formats["inputs"]["image"]["num_channels"]
    labels = formats["outputs"]["pred"]["num_channels"]
    image = torch.zeros(1, channels, 32, 32, 32)
    with torch.no_grad():
        assert bundle.network().eval()(image).shape == (1, labels, 32, 32, 32)
