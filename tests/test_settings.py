"""Settings: defaults, a user's changes over them, and a plain word where a change is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pipeline.errors import UsageError, exit_code
from pipeline.settings import CONFIGS, Settings, load_settings


def override(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_are_the_file_and_nothing_but_the_file() -> None:
    written = yaml.safe_load((CONFIGS / "default.yaml").read_text("utf-8"))
    assert load_settings().model_dump(mode="json") == written


def test_no_setting_has_a_second_default_in_the_code() -> None:
    sections = [Settings, *(type(value) for value in dict(load_settings()).values())]
    models = [section for section in sections if hasattr(section, "model_fields")]
    assert len(models) > 3
    for model in models:
        assert all(field.is_required() for field in model.model_fields.values())


def test_one_changed_value_leaves_the_others(tmp_path: Path) -> None:
    changed = load_settings(override(tmp_path, "prepare: {refuse_residual_mm: 1.25}\nthreads: 7\n"))

    expected = load_settings().model_dump()
    expected["prepare"]["refuse_residual_mm"] = 1.25
    expected["threads"] = 7
    assert changed.model_dump() == expected


@pytest.mark.parametrize("text", ["", "# only a comment\n", "{}"])
def test_an_empty_file_changes_nothing(tmp_path: Path, text: str) -> None:
    assert load_settings(override(tmp_path, text)) == load_settings()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("prepair: {seed: 2}", "'prepair'"),
        ("prepare: {sead: 2}", "'prepare.sead'"),
        ("prepare: {seed: many}", "'prepare.seed'"),
        ("prepare: 3", "'prepare'"),
        ("device: tpu", "'device'"),
        ("segment: {crop_size_mm: null}", "'segment.crop_size_mm'"),
    ],
)
def test_a_wrong_name_or_value_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(override(tmp_path, text))
    assert key in str(caught.value)
    assert "configs/default.yaml" in str(caught.value)
    assert exit_code(caught.value) == 2


@pytest.mark.parametrize(
    ("text", "word"), [("a: [1, 2", "not valid YAML"), ("- a\n- b\n", "names and values")]
)
def test_a_file_that_is_no_settings_file_is_told(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        load_settings(override(tmp_path, text))


def test_a_missing_file_is_told_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml cannot be read") as caught:
        load_settings(tmp_path / "none.yaml")
    assert str(tmp_path) not in str(caught.value)


def test_settings_do_not_change_while_a_run_uses_them() -> None:
    with pytest.raises(ValidationError):
        load_settings().prepare.seed = 2  # type: ignore[misc]
