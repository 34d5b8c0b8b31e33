"""The shell of stage export: reads the record, the labels and the source's headers, writes DICOM.

Objects are written beside their place, read back, and released together at the end.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydicom import Dataset

from pipeline.convert.quietly import quietly
from pipeline.files import atomic_path
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.export import ExportedObject, ExportRecord, LeftOut, ObjectKind
from pipeline.records.findings import Findings
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings
from pipeline.stage import read_findings, run_stage


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    """Write the DICOM objects of every case that has a page; one outcome for each."""
    return run_stage(
        "export",
        "report",
        output,
        cases,
        settings,
        lambda folder: export_study(folder, settings),
        retry_failed=retry_failed,
    )


def export_study(folder: CaseFolder, settings: Settings) -> list[Path]:
    """All objects of one case; returns the files written.

    Raises StudyFailedError where a segment of the written SEG is not where it belongs.
    """
    from pipeline.export.objects import study_objects

    findings = read_findings(folder)
    with quietly():
        made = study_objects(folder, findings, settings.export, identified=settings.identify)
        return _release(folder, findings, made.objects, made.left_out, settings)


def _release(
    folder: CaseFolder,
    findings: Findings,
    objects: Sequence[tuple[ObjectKind, str, Dataset]],
    left_out: Sequence[LeftOut],
    settings: Settings,
) -> list[Path]:
    from pipeline.export.readback import check_segmentation
    from pipeline.geometry.volume import load_volume

    for left_over in folder.work.glob("exporting-*"):  # of a run that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="exporting-", dir=folder.work) as temporary:
        written = [(kind, _write(Path(temporary) / f"{name}.dcm", made), made)
                   for kind, name, made in objects]  # fmt: skip
        checked = [
            entry
            for kind, path, _ in written
            if kind == "segmentation"
            for entry in check_segmentation(
                path, load_volume(folder.segmentation), settings.export.position_tolerance_mm
            )
        ]
        released = [_put_in_place(path, folder) for _, path, _ in written]
    record = ExportRecord(
        case=folder.case,
        study_instance_uid=findings.study_instance_uid,
        objects=tuple(
            _exported(folder, kind, path, made)
            for (kind, _, made), path in zip(written, released, strict=True)
        ),
        left_out=tuple(left_out),
        read_back=tuple(checked),
    )
    record.write(folder.record("export"))
    return [*released, folder.record("export")]


def _write(path: Path, made: Dataset) -> Path:
    made.save_as(path, enforce_file_format=True)
    return path


def _put_in_place(path: Path, folder: CaseFolder) -> Path:
    target = folder.dicom(path.stem)
    with atomic_path(target) as partial:
        shutil.copyfile(path, partial)
    return target


def _exported(folder: CaseFolder, kind: ObjectKind, path: Path, made: Dataset) -> ExportedObject:
    return ExportedObject(
        kind=kind,
        file=path.relative_to(folder.root).as_posix(),
        sop_class_uid=str(made.SOPClassUID),
        sop_instance_uid=str(made.SOPInstanceUID),
        series_instance_uid=str(made.SeriesInstanceUID),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
