"""Studies are folders named by their UID; every file in one is a series, described by its text."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.errors import NothingToReadError
from pipeline.files import write_text_if_changed
from pipeline.paths import OutputFolder, case_of
from pipeline.records.manifest import (
    Intake,
    IntakeSeries,
    IntakeStudy,
    SeriesEntry,
    StudyManifest,
)
from pipeline.settings import Settings


def fingerprint(source: Path) -> str:
    found = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(source.rglob("*"))]
    return hashlib.sha256(repr(found).encode()).hexdigest()


def run(
    source: Path, output: OutputFolder, settings: Settings, processes: int, clinical: Path | None
) -> Intake:
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    if not folders:
        raise NothingToReadError("no DICOM image in the input folder")
    manifests = [_manifest(folder) for folder in folders]
    for manifest in manifests:
        text = manifest.model_dump_json()
        write_text_if_changed(output.case(manifest.case).manifest, text)
    output.create_private()
    identities = {m.case: str(f) for m, f in zip(manifests, folders, strict=True)}
    output.identities.write_text(json.dumps(identities), encoding="utf-8")
    intake = Intake(files=len(folders), quarantined=(), studies=tuple(map(_study, manifests)))
    intake.write(output.intake)
    return intake


def _manifest(folder: Path) -> StudyManifest:
    series = tuple(_series(index, file) for index, file in enumerate(sorted(folder.iterdir())))
    digest = hashlib.sha256("".join(entry.digest for entry in series).encode()).hexdigest()
    uid = folder.name.split("_")[-1]
    return StudyManifest(case=case_of(uid), study_instance_uid=uid, series=series, digest=digest)


def _series(index: int, file: Path) -> SeriesEntry:
    text = file.read_text(encoding="utf-8")
    return SeriesEntry(
        index=index,
        series_instance_uid=f"1.2.{index}",
        role="t2",
        reason="test",
        instances=1,
        description=text,
        usable=True,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _study(manifest: StudyManifest) -> IntakeStudy:
    series = tuple(
        IntakeSeries(**entry.model_dump(exclude={"index", "usable", "digest"}))
        for entry in manifest.series
    )
    return IntakeStudy(
        case=manifest.case, study_instance_uid=manifest.study_instance_uid, series=series
    )
