"""One series: converted by dcm2niix, and refused unless the result agrees with the DICOM slices."""

from __future__ import annotations

import logging
from pathlib import Path

from pipeline.convert.agreement import disagreement
from pipeline.convert.appearance import contradiction
from pipeline.convert.dicomstack import DicomStack, read_stack
from pipeline.convert.neutral import write_neutral_nifti, write_neutral_sidecar
from pipeline.convert.plain import write_plainer
from pipeline.convert.refused import SeriesRefused
from pipeline.convert.runner import run_dcm2niix
from pipeline.geometry.grid import Grid
from pipeline.geometry.volume import load_volume
from pipeline.records.volumes import ImageRole
from pipeline.settings import ConvertSettings

__all__ = ["SeriesRefused", "convert_series"]
log = logging.getLogger("nvc")


def convert_series(
    links: Path,
    temporary: Path,
    nifti: Path,
    sidecar: Path,
    settings: ConvertSettings,
    role: ImageRole | None = None,
) -> Grid:
    """Convert the files in `links` to `nifti` (.nii.gz) and `sidecar` (.json); returns the grid.

    temporary: an empty folder for what comes between. role: what the header says that the image
    is, to be confirmed by its brightness; None where nothing is to be confirmed. Raises
    SeriesRefused with a code of the closed list where the series cannot be converted, the result
    does not agree with the positions and pixels that pydicom reads, or the image contradicts the
    role.
    """
    stack = read_stack(links)
    try:
        found = _attempt(links, temporary / "first", stack, settings)
    except SeriesRefused:
        log.info("convert: a series is written anew by pydicom and converted once more")
        plain = write_plainer(stack, temporary / "plain")
        found = _attempt(plain, temporary / "second", stack, settings)
    refused = None if role is None else contradiction(role, load_volume(found))
    if refused is not None:
        raise refused
    write_neutral_sidecar(found.with_suffix(".json"), sidecar)
    write_neutral_nifti(found, nifti)
    return load_volume(nifti).grid


def _attempt(source: Path, temporary: Path, stack: DicomStack, settings: ConvertSettings) -> Path:
    """The one volume that dcm2niix makes, checked."""
    found = run_dcm2niix(source, temporary)
    refused = disagreement(found, stack, settings.affine_tolerance_mm)
    if refused is not None:
        raise refused
    return found
