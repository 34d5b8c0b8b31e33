"""A volume: an array and the grid it lives on, with the NIfTI file as its form on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.files import atomic_path
from pipeline.geometry.grid import Grid

_LPS_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Converts affines and points between LPS (DICOM) and RAS (NIfTI); its own inverse."""


@dataclass(frozen=True, eq=False)
class Volume:
    """array: 3-D, indexed like `grid`."""

    array: NDArray[Any]
    grid: Grid


def load_volume(path: Path) -> Volume:
    """A 3-D NIfTI file with its scaled values; the affine is turned from RAS into LPS."""
    image = nib.load(path)
    array = np.asanyarray(image.dataobj)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    return Volume(array, Grid(array.shape[:3], _LPS_RAS @ image.affine))


def placed_in_scanner(path: Path) -> bool:
    """Whether a NIfTI file says where its voxels lie (a qform or sform code above 0)."""
    header = nib.load(path).header
    return bool(int(header["qform_code"]) > 0 or int(header["sform_code"]) > 0)


def save_volume(volume: Volume, path: Path) -> None:
    """Write NIfTI atomically, with qform and sform in scanner coordinates (code 1) and mm."""
    image = _nifti(volume)
    with atomic_path(path) as partial:
        nib.save(image, partial)


def nifti_bytes(volume: Volume) -> bytes:
    """The volume as an uncompressed NIfTI file."""
    content: bytes = _nifti(volume).to_bytes()
    return content


def to_ras(points_lps: ArrayLike) -> NDArray[np.float64]:
    """LPS points in the frame of NIfTI files (RAS); shape (..., 3) in and out."""
    return np.asarray(np.asarray(points_lps, dtype=np.float64) * np.diag(_LPS_RAS)[:3])


def _nifti(volume: Volume) -> Any:
    affine_ras = _LPS_RAS @ volume.grid.affine
    image = nib.Nifti1Image(volume.array, affine_ras)
    image.set_qform(affine_ras, code=1)
    image.set_sform(affine_ras, code=1)
    image.header.set_xyzt_units("mm")
    return image
