"""One study: convert what can serve, decide on the reference, say what is missing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.convert.checked import SeriesRefused, convert_series
from pipeline.convert.verdict import degraded_codes, not_assessable, reference_of
from pipeline.paths import CaseFolder
from pipeline.records.manifest import SeriesEntry, StudyManifest
from pipeline.records.volumes import (
    IMAGE_ROLES,
    Conversion,
    ConvertedVolume,
    ImageRole,
    Refusal,
)
from pipeline.settings import ConvertSettings


def convert_study(folder: CaseFolder, settings: ConvertSettings) -> list[Path]:
    """Write the volumes, their sidecars and the record; returns the files written.

    Raises NotAssessableError where neither T2 nor TOF can serve.
    """
    for left_over in folder.work.glob("converting-*"):  # of a run that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    manifest = StudyManifest.read(folder.manifest)
    volumes: dict[ImageRole, ConvertedVolume] = {}
    refused = _refused_by_intake(manifest.series)
    for role in IMAGE_ROLES:
        volume, problems = _first_that_serves(folder, role, manifest, settings)
        refused += problems
        if volume is not None:
            volumes[role] = volume
    reference = reference_of(volumes)
    if reference is None:
        _remove(folder, volumes)
        raise not_assessable(manifest, refused)
    record = Conversion(
        case=folder.case,
        reference=reference,
        volumes=volumes,
        refused=tuple(refused),
        degraded=degraded_codes(volumes, refused),
    )
    record.write(folder.record("convert"))
    return [folder.record("convert"), *_files(folder, volumes)]


def sidecar_path(nifti: Path) -> Path:
    """The JSON file beside `x.nii.gz`."""
    return nifti.with_name(nifti.name.removesuffix(".nii.gz") + ".json")


def _refused_by_intake(series: Sequence[SeriesEntry]) -> list[Refusal]:
    return [
        Refusal(
            role=entry.role,
            series_instance_uid=entry.series_instance_uid,
            code=entry.refusal,
            message=entry.reason,
        )
        for entry in series
        if entry.role in IMAGE_ROLES and entry.refusal is not None
    ]


def _first_that_serves(
    folder: CaseFolder, role: ImageRole, manifest: StudyManifest, settings: ConvertSettings
) -> tuple[ConvertedVolume | None, list[Refusal]]:
    """The best series of a role that converts well, and those before it that did not."""
    problems: list[Refusal] = []
    for entry in manifest.candidates(role):
        try:
            return _converted(folder, role, entry, settings), problems
        except SeriesRefused as refused:
            problems.append(
                Refusal(
                    role=role,
                    series_instance_uid=entry.series_instance_uid,
                    code=refused.code,
                    message=refused.message,
                )
            )
    return None, problems


def _converted(
    folder: CaseFolder, role: ImageRole, entry: SeriesEntry, settings: ConvertSettings
) -> ConvertedVolume:
    """Convert one series in a temporary folder and put the result into its place."""
    target = folder.nifti(role)
    links = folder.output.series_links(folder.case, entry.index)
    with tempfile.TemporaryDirectory(prefix="converting-", dir=folder.work) as temporary:
        sidecar = sidecar_path(target)
        grid = convert_series(links, Path(temporary), target, sidecar, settings, role)
    return ConvertedVolume(
        role=role,
        series_instance_uid=entry.series_instance_uid,
        file=folder.output.relative(target),
        shape=grid.shape,
        voxel_mm=grid.voxel_mm,
    )


def _files(folder: CaseFolder, volumes: dict[ImageRole, ConvertedVolume]) -> list[Path]:
    niftis = [folder.nifti(role) for role in volumes]
    return [*niftis, *(sidecar_path(path) for path in niftis)]


def _remove(folder: CaseFolder, volumes: dict[ImageRole, ConvertedVolume]) -> None:
    """A study that is not assessable leaves no volumes behind."""
    for path in _files(folder, volumes):
        path.unlink(missing_ok=True)
