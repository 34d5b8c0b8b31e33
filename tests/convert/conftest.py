"""Running intake and convert on folders made by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import convert, intake
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Conversion
from pipeline.settings import load_settings


@dataclass(frozen=True)
class Converted:
    """How convert ended for the only study of the input."""

    folder: CaseFolder
    outcome: Outcome

    @property
    def record(self) -> Conversion:
        return Conversion.read(self.folder.record("convert"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "input"
    folder.mkdir()
    return folder


@pytest.fixture
def run_convert(tmp_path: Path, source: Path) -> Callable[[], Converted]:
    output = OutputFolder(tmp_path / "output")

    def run() -> Converted:
        (study,) = intake.run(source, output, load_settings()).studies
        (outcome,) = convert.run(output, [study.case], load_settings())
        return Converted(output.case(study.case), outcome)

    return run
