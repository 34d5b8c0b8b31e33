"""Running intake on folders made by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import intake
from pipeline.paths import OutputFolder, case_of
from pipeline.records.identities import Identities
from pipeline.records.manifest import Intake, SeriesEntry, StudyManifest
from pipeline.settings import load_settings


@dataclass(frozen=True)
class Taken:
    """What intake left."""

    intake: Intake
    output: OutputFolder

    @property
    def identities(self) -> Identities:
        return Identities.read(self.output.identities)

    def manifest(self, study_uid: str | None = None) -> StudyManifest:
        """Of a study, or of the only one."""
        case = case_of(study_uid) if study_uid else self.intake.studies[0].case
        return StudyManifest.read(self.output.case(case).manifest)

    def only_series(self) -> SeriesEntry:
        (entry,) = self.manifest().series
        return entry


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "input"
    folder.mkdir()
    return folder


@pytest.fixture
def take_in(tmp_path: Path, source: Path) -> Callable[[], Taken]:
    output = OutputFolder(tmp_path / "output")

    def run() -> Taken:
        return Taken(intake.run(source, output, load_settings()), output)

    return run
