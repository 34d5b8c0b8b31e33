"""Intake: any folder of files in; studies, series, roles and reasons out."""

from __future__ import annotations

from pathlib import Path

from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake
from pipeline.settings import Settings


def run(
    input_folder: Path,
    output: OutputFolder,
    settings: Settings,
    processes: int = 1,
    clinical: Path | None = None,
) -> Intake:
    """Find all studies in a folder, give every series a role or a reason, and write it down.

    Writes `intake.json`, a manifest for each study (touched only where it changes), links to the
    files of each series, and `private/identities.json`. Raises NothingToReadError where the
    folder holds no DICOM. processes: how many read headers side by side.
    clinical: a table of affected sides (see `pipeline.intake.clinical`), UsageError where it is
    none.
    """
    from pipeline.intake.takein import take_in  # pydicom is loaded for this stage alone

    return take_in(input_folder, output, settings, processes, clinical)
