"""One study: every usable sequence placed onto the reference, or refused with its reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from pipeline.geometry import Volume, load_volume
from pipeline.paths import CaseFolder
from pipeline.prepare.intensity import intensity_range
from pipeline.prepare.noise import csf_to_noise
from pipeline.prepare.registration import register
from pipeline.records.base import Matrix
from pipeline.records.volumes import (
    Conversion,
    ConvertedVolume,
    ImageRole,
    Preparation,
    PreparedVolume,
    Refusal,
)
from pipeline.settings import Settings


def prepare_study(folder: CaseFolder, settings: Settings) -> list[Path]:
    """Register the other sequences onto the reference and write the record."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(settings.threads)
    conversion = Conversion.read(folder.record("convert"))
    images = {
        role: load_volume(folder.output.root / volume.file)
        for role, volume in conversion.volumes.items()
    }
    prepared: dict[ImageRole, PreparedVolume] = {}
    refused: list[Refusal] = list(conversion.refused)
    degraded = list(conversion.degraded)
    for role, converted in conversion.volumes.items():
        placed = _placed(converted, images[role], images[conversion.reference], settings)
        if isinstance(placed, Refusal):
            refused.append(placed)
            degraded.append(f"{role}_refused")
        else:
            prepared[role] = placed
    record = folder.record("prepare")
    Preparation(
        case=folder.case,
        reference=conversion.reference,
        volumes=prepared,
        refused=tuple(refused),
        degraded=tuple(degraded),
        reference_snr=csf_to_noise(images["t2"]) if conversion.reference == "t2" else None,
    ).write(record)
    return [record]


def _placed(
    converted: ConvertedVolume, image: Volume, reference: Volume, settings: Settings
) -> PreparedVolume | Refusal:
    matrix, residual = np.eye(4), 0.0
    if image is not reference:
        found = register(reference, image, settings.prepare)
        matrix, residual = found.reference_to_moving_lps, found.residual_mm
        if residual > settings.prepare.refuse_residual_mm:
            return _not_registered(converted, residual, settings)
    low, high = intensity_range(image.array)
    return PreparedVolume(
        role=converted.role,
        series_instance_uid=converted.series_instance_uid,
        file=converted.file,
        voxel_mm=converted.voxel_mm,
        reference_to_volume_lps=_rows(matrix),
        residual_mm=round(residual, 3),
        intensity_low=low,
        intensity_high=high,
    )


def _not_registered(converted: ConvertedVolume, residual: float, settings: Settings) -> Refusal:
    if np.isfinite(residual):
        found = f"could not be placed better than {residual:.1f} mm"
    else:
        found = "could not be placed at all"
    return Refusal(
        role=converted.role,
        series_instance_uid=converted.series_instance_uid,
        code="registration_failed",
        message=(
            f"This series {found} on the reference series (limit "
            f"{settings.prepare.refuse_residual_mm:.1f} mm); it is not used. Look for motion "
            "between the sequences, or for a series of another region."
        ),
    )


def _rows(matrix: NDArray[np.float64]) -> Matrix:
    """Rounded, because sums over several threads differ in the last digits from run to run."""
    a, b, c, d = (tuple(round(float(value), 9) for value in row) for row in matrix)
    return (a, b, c, d)  # type: ignore[return-value]
