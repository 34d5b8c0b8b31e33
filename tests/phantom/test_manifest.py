"""Reserved sets: what they promise, and that earlier ones stay what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.phantom.manifest import FIRST_SEED, Manifest, plans, truth_sha256
from pipeline.phantom.recipe import GENERATOR_VERSION
from pipeline.phantom.truth import Truth
from pipeline.settings import REPOSITORY

MANIFESTS = REPOSITORY / "tests" / "manifests"
SAMPLES = sorted((REPOSITORY / "sample_dicoms").glob("*/truth.json"))


@pytest.mark.parametrize("path", sorted(MANIFESTS.glob("*.json")), ids=lambda p: p.stem)
def test_a_manifest_names_its_set_once_each(path: Path) -> None:
    manifest = Manifest.read(path)
    seeds = [entry.seed for entry in manifest.studies]

    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= FIRST_SEED[manifest.name]
    assert path.stem.endswith("_v2") == (manifest.generator_version == GENERATOR_VERSION)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_a_sample_of_an_earlier_version_keeps_its_identity(path: Path) -> None:
    """Fields that came later are empty, and are not part of what was promised."""
    truth = Truth.read(path)
    written = json.dumps(json.loads(path.read_text()), separators=(",", ":"))

    assert truth.generator_version == "1"
    assert truth.sides["left"].pattern is None
    assert truth.model_dump_json(exclude_unset=True) == written
    assert len(truth_sha256(truth)) == 64


def test_strata_are_shared_out_as_promised() -> None:
    strata = [r.stratum for plan in plans("test", 96) for r in plan.recipes.values()]

    assert strata.count("contact") == strata.count("near") == 64
    assert strata.count("blurred") == 16
    assert strata.count("clear") == 48


def test_the_test_set_has_enough_lesions_of_each_kind() -> None:
    sides = [r for plan in plans("test", 100) for r in plan.recipes.values()]

    assert sum(r.mass is not None for r in sides) >= 34
    assert sum(r.aneurysm is not None for r in sides) >= 34
