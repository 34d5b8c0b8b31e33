"""Keys of stages: complete only if no stage uses the code or the settings of a later one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeline import stagekey
from pipeline.segment.models import read_lock
from pipeline.settings import CONFIGS, REPOSITORY, Settings, load_settings
from pipeline.stagekey import RULES, SHARED, STAGES, code_digest, relevant_settings, stage_key

PACKAGE = REPOSITORY / "pipeline"
IN_ORDER = ("intake", *STAGES, "worklist")


@pytest.mark.parametrize("stage", IN_ORDER)
def test_a_stage_uses_only_code_that_its_key_covers(stage: str) -> None:
    covered = {*IN_ORDER[: IN_ORDER.index(stage) + 1], *(name.split(".")[0] for name in SHARED)}

    assert imported_by(PACKAGE / stage) <= covered


@pytest.mark.parametrize("stage", IN_ORDER)
def test_a_stage_reads_only_settings_that_its_key_covers(stage: str) -> None:
    chain = IN_ORDER[: IN_ORDER.index(stage) + 1]
    covered = {name for earlier in chain for name in relevant_settings(earlier, load_settings())}
    without_effect = {"threads", "shard_size", "model_copy"}

    assert settings_read_by(PACKAGE / stage) <= covered | without_effect


def test_every_section_of_the_settings_belongs_to_a_stage() -> None:
    owned = {name for stage in IN_ORDER for name in relevant_settings(stage, load_settings())}

    assert set(Settings.model_fields) - owned == {"threads", "shard_size", "send"}


def test_the_key_follows_the_settings_of_its_stage_alone() -> None:
    before = load_settings()
    segment = before.segment.model_copy(update={"test_time_variants": 5})
    after = before.model_copy(update={"segment": segment})

    assert stage_key("segment", before) != stage_key("segment", after)
    assert stage_key("measure", before) == stage_key("measure", after)


def test_the_digest_follows_code_shared_code_rules_and_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("segment", "assess", "records"):
        (tmp_path / "pipeline" / name).mkdir(parents=True)
    for name in ("configs", "models"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(stagekey, "REPOSITORY", tmp_path)
    monkeypatch.setattr(stagekey, "CONFIGS", tmp_path / "configs")
    monkeypatch.setattr(stagekey, "MODELS", tmp_path / "models")

    def changed_by(file: str, text: str) -> set[str]:
        before = {stage: fresh_digest(stage) for stage in ("segment", "assess")}
        (tmp_path / file).write_text(text, encoding="utf-8")
        return {stage for stage, digest in before.items() if digest != fresh_digest(stage)}

    assert changed_by("pipeline/segment/network.py", "A = 1") == {"segment"}
    assert changed_by("pipeline/assess/page.html", "<html>") == {"assess"}
    assert changed_by("pipeline/records/base.py", "A = 1") == {"segment", "assess"}
    assert changed_by("configs/sentences.yaml", "a: 1") == {"assess"}
    assert changed_by("configs/default.yaml", "a: 1") == set()
    lock = (
        "{}  cpa_segmenter/models/model.safetensors\n{}  assessment/calibration.json\n"
        "{}  cpa_segmenter/docs/README.md\n"
    )
    assert changed_by("models/models.lock", lock.format("ab", "cd", 1)) == {"segment", "assess"}
    assert changed_by("models/models.lock", lock.format("ab", "ef", 1)) == {"assess"}
    assert changed_by("models/models.lock", lock.format("cd", "ef", 1)) == {"segment"}
    assert changed_by("models/models.lock", lock.format("cd", "ef", 2)) == set()


def test_the_files_of_models_that_change_a_key_are_in_the_lock() -> None:
    locked = set(read_lock())
    assert all(file in locked for files in stagekey._MODELS.values() for file in files)


def test_every_file_of_rules_belongs_to_the_stage_that_names_it() -> None:
    for path in CONFIGS.glob("*.yaml"):
        if path.name != "default.yaml":
            users = {s for s in IN_ORDER if any(path.name in t for t in texts_of(PACKAGE / s))}
            assert users == {stage for stage, files in RULES.items() if path.name in files}


def fresh_digest(stage: str) -> str:
    code_digest.cache_clear()
    return code_digest(stage)


def imported_by(folder: Path) -> set[str]:
    """Modules directly below `pipeline` that the sources in a folder import."""
    names: set[str] = set()
    for node in nodes_of(folder):
        if isinstance(node, ast.ImportFrom) and node.module == "pipeline":
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline."):
            names.add((node.module or "").split(".")[1])
    return names - {"__version__"}


def settings_read_by(folder: Path) -> set[str]:
    """Names read from an argument `settings: Settings` of any function in a folder."""
    functions = (node for node in nodes_of(folder) if isinstance(node, ast.FunctionDef))
    return {name for function in functions if takes_settings(function) for name in read(function)}


def takes_settings(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    given = {a.arg: ast.unparse(a.annotation) for a in arguments if a.annotation}
    return given.get("settings") == "Settings"


def read(function: ast.FunctionDef) -> set[str]:
    attributes = (node for node in ast.walk(function) if isinstance(node, ast.Attribute))
    return {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id == "settings"
    }


def texts_of(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in folder.rglob("*.py")]


def nodes_of(folder: Path) -> list[ast.AST]:
    trees = (ast.parse(text) for text in texts_of(folder))
    return [node for tree in trees for node in ast.walk(tree)]
