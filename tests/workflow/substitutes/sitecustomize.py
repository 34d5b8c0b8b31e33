"""Puts quick stand-ins in the place of the stages, in every Python that a workflow test starts.

The workflow's own machinery (shards, stamps, keys, locks, logs) stays the real one.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent
SHARD_STAGES = ("convert", "prepare", "segment", "measure", "assess", "report", "export")


class StandIns:
    """Finds `pipeline.<stage>` here instead of in the package."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        stage = name.removeprefix("pipeline.")
        if stage in SHARD_STAGES:
            file = FOLDER / "shard_stage.py"
        elif name in {"pipeline.intake", "pipeline.worklist"}:
            file = FOLDER / f"{stage}_stage.py"
        elif name == "pipeline.intake.fingerprint":
            file = FOLDER / "intake_stage.py"
        elif name in {"pipeline.worklist.terminal", "pipeline.worklist.run_page"}:
            file = FOLDER / "worklist_stage.py"
        else:
            return None
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=[])


sys.meta_path.insert(0, StandIns)
