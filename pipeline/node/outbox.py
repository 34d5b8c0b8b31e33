"""What an output folder has to send: the released objects of every study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.export import ExportRecord
from pipeline.records.manifest import Intake
from pipeline.stage import read_outcome


@dataclass(frozen=True)
class Parcel:
    """One object to be sent, still as it was released."""

    case: str
    path: Path
    sop_instance_uid: str


def parcels(output: OutputFolder) -> Iterator[Parcel]:
    """All objects of studies whose export is done; files that changed since are left out.

    UsageError where intake has not run.
    """
    if not output.intake.exists():
        raise UsageError("no intake.json in the output folder; run nvc run first")
    for study in Intake.read(output.intake).studies:
        yield from _of_case(output.case(study.case))


def _of_case(folder: CaseFolder) -> Iterator[Parcel]:
    outcome = read_outcome(folder, "export")
    if outcome is None or outcome.state != "done" or outcome.stage != "export":
        return
    for released in ExportRecord.read(folder.record("export")).objects:
        path = folder.root / released.file
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == released.sha256:
            yield Parcel(folder.case, path, released.sop_instance_uid)
