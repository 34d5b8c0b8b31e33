"""Whether a NIfTI file has its voxels where the DICOM slices have them: places and pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from pipeline.convert.dicomstack import DicomStack
from pipeline.convert.refused import SeriesRefused
from pipeline.geometry.axismap import axis_map, largest_distance_mm
from pipeline.geometry.volume import load_volume

MIN_CORRELATION = 0.999
"""Of the pixels of a slice in both encodings; scaling is free, places are not. A slice of an
image that is mirrored, turned or exchanged for its neighbour stays below."""


def disagreement(nifti: Path, stack: DicomStack, tolerance_mm: float) -> SeriesRefused | None:
    """Why a conversion cannot be believed, None where every voxel is where it belongs."""
    shape = nib.load(nifti).shape
    if len(shape) > 3 and shape[3] > 1:
        return SeriesRefused("several_volumes", f"the series holds {shape[3]} volumes, not one")
    volume = load_volume(nifti)
    target = stack.stack.grid
    mapping = axis_map(volume.grid, target)
    if mapping is None:
        text = f"converted to {volume.grid.shape} voxels; the DICOM slices make {target.shape}"
        return SeriesRefused("geometry_disagrees", text)
    distance_mm = largest_distance_mm(volume.grid, target, mapping)
    if distance_mm > tolerance_mm:
        text = f"voxels lie up to {distance_mm:.2f} mm from where the DICOM positions put them"
        return SeriesRefused("geometry_disagrees", text)
    return _pixel_disagreement(mapping.apply(volume.array), stack)


def _pixel_disagreement(array: NDArray[Any], stack: DicomStack) -> SeriesRefused | None:
    """array: the converted values in the order of the stack, shape (columns, rows, slices)."""
    for number in _slices_to_check(array.shape[2]):
        expected = stack.pixels(number)
        if expected.shape != array.shape[:2] or not _alike(expected, array[:, :, number]):
            text = f"the pixels of slice {number + 1} are not those of the DICOM image there"
            return SeriesRefused("pixels_disagree", text)
    return None


def _slices_to_check(count: int) -> tuple[int, ...]:
    """Three slices at unequal distances, so that a reversed order cannot go unnoticed."""
    return tuple(sorted({count // 5, count // 2, (3 * count) // 4}))


def _alike(first: NDArray[Any], second: NDArray[Any]) -> bool:
    one = np.asarray(first, dtype=np.float64).ravel()
    other = np.asarray(second, dtype=np.float64).ravel()
    if one.std() == 0 or other.std() == 0:
        return bool(one.std() == other.std())
    return float(np.corrcoef(one, other)[0, 1]) >= MIN_CORRELATION
