"""What a stage's result depends on, as one digest: its code, its settings, its models.

Inputs and everything of the earlier stages come in through the key of the stage before, so that
each stage has to name only its own part. A stage therefore must import no later stage and read
no later section of the settings; tests hold it to that.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.settings import CONFIGS, MODELS, REPOSITORY, Settings

STAGES = ("convert", "prepare", "segment", "measure", "assess", "report", "export")
"""The stages that work on single studies, in the order in which data flows."""

SHARED = ("errors.py", "files.py", "geometry", "paths.py", "records", "settings.py", "stage.py")
"""Modules that every stage may import."""

_NETWORKS = ("rez_localizer", "cpa_segmenter")
_OF_A_NETWORK = ("configs/inference.json", "configs/metadata.json", "models/model.safetensors")
_MODELS = {
    "segment": tuple(f"{name}/{file}" for name in _NETWORKS for file in _OF_A_NETWORK),
    "assess": ("assessment/calibration.json", "assessment/accuracy.json"),
}
"""Files below models/ whose content a stage's results follow. The others (model cards, evaluations,
how to train) are held by the lock as well, but change no result."""

RULES = {
    "intake": ("series_rules.yaml",),
    "assess": ("sentences.yaml",),
    "report": ("report_texts.yaml",),
}
"""Rules and texts kept as data in configs/ that a stage reads."""

_EXTRA_SETTINGS = {
    "intake": ("convert",),  # says already which series could serve
    "segment": ("device",),
    "report": ("identify",),
    "export": ("identify",),
    "worklist": ("identify",),
}
"""Settings that a stage uses besides the section of its own name."""


def stage_key(stage: str, settings: Settings) -> str:
    """sha256 over the code and the settings that a stage uses itself."""
    parts = (stage, _settings_text(stage, settings), code_digest(stage))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def code_digest(stage: str) -> str:
    """sha256 over a stage's sources, the shared ones, its rules, and its models' checksums."""
    package = REPOSITORY / "pipeline"
    rules = [CONFIGS / name for name in RULES.get(stage, ())]
    roots = [package / stage, *(package / name for name in SHARED), *rules]
    digest = hashlib.sha256("\n".join(_locked_models(stage)).encode())
    for path in sorted(file for root in roots for file in _files(root)):
        digest.update(path.relative_to(REPOSITORY).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def relevant_settings(stage: str, settings: Settings) -> dict[str, Any]:
    """The settings that change a stage's result: its own section and a few general ones."""
    values = settings.model_dump(mode="json")
    names = (stage, *_EXTRA_SETTINGS.get(stage, ()))
    return {name: values[name] for name in names if name in values}


def _settings_text(stage: str, settings: Settings) -> str:
    return repr(sorted(relevant_settings(stage, settings).items()))


def _locked_models(stage: str) -> list[str]:
    """The lines of models.lock (sha256 and path) that concern a stage."""
    lock = MODELS / "models.lock"
    files = _MODELS.get(stage)
    if files is None or not lock.exists():
        return []
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.split(maxsplit=1)[-1] in files]


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    inside = (path for path in root.rglob("*") if path.is_file())
    return [path for path in inside if "__pycache__" not in path.parts]
