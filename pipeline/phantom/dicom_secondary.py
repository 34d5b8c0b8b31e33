"""Series that stand beside every angiogram and before every study: projections and localizers.

They are written so that a reader of studies has something to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.dicom_acquisition import Acquisition
from pipeline.phantom.dicom_identity import StudyIdentity
from pipeline.phantom.dicom_series import (
    DEFAULT_COMPRESSION,
    Compression,
    Plane,
    planes_of,
    write_planes,
)
from pipeline.phantom.vendors import vendor_entry

View = Literal["axial", "coronal", "sagittal"]
_VIEWS: tuple[View, ...] = ("sagittal", "coronal", "axial")
# Directions (LPS) of an image as radiologists hang it: along a row, down a column, across.
_AXES: dict[View, NDArray[np.float64]] = {
    "axial": np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]).T,
    "coronal": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T,
    "sagittal": np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]]).T,
}
_SHORT = {"axial": "TRA", "coronal": "COR", "sagittal": "SAG"}
_LOCALIZER_PIXELS, _LOCALIZER_FIELD_MM, _SAMPLE_MM = 256, 260.0, 1.0


def write_localizer(
    volume: Volume,
    acquisition: Acquisition,
    identity: StudyIdentity,
    folder: Path,
    series_number: int,
    *,
    thickness_mm: int = 6,
    scale: float = 1.0,
    compression: Compression = DEFAULT_COMPRESSION,
) -> list[Path]:
    """Write one thick slice along each plane of the patient, as a single series.

    volume: what they are cut from, through its middle; nothing is seen outside it.
    acquisition: that of a localizer (`localizer_acquisition`).
    """
    coarse = resample(volume, _respaced(volume.grid, np.maximum(volume.grid.voxel_mm, _SAMPLE_MM)))
    planes = [_thick_slice(coarse, view, thickness_mm, scale) for view in _VIEWS]
    return write_planes(planes, acquisition, identity, folder, series_number, compression)


def write_tof_mip(
    volume: Volume,
    acquisition: Acquisition,
    identity: StudyIdentity,
    folder: Path,
    series_number: int,
    *,
    view: View = "coronal",
    scale: float = 1.0,
    compression: Compression = DEFAULT_COMPRESSION,
) -> list[Path]:
    """Write maximum intensity projections of an angiogram, named as its vendor names them.

    acquisition: that of the angiogram itself; its sequence stays in the header.
    Projections run along the axes of the volume; the vendor makes one of the whole slab, or
    thick ones that overlap.
    """
    entry = vendor_entry(acquisition.vendor).projection
    named = projection_of(acquisition, view)
    hung = facing(volume, view)
    ranges = _slabs(hung.grid, entry.slab_mm, entry.step_mm)
    planes = [_projection(hung, first, last, scale) for first, last in ranges]
    if len(planes) > 1:
        planes = [replace(plane, spacing_mm=_distance_mm(planes)) for plane in planes]
    return write_planes(planes, named, identity, folder, series_number, compression)


def projection_of(acquisition: Acquisition, view: View) -> Acquisition:
    """What the header of an angiogram's projections says."""
    entry = vendor_entry(acquisition.vendor).projection
    return replace(
        acquisition,
        role="other",
        description=entry.description.format(source=acquisition.description, plane=_SHORT[view]),
        image_type=entry.image_type.format(plane=_SHORT[view]),
    )


def facing(volume: Volume, view: View) -> Volume:
    """The same voxels with axes reordered to hang as `view`: along a row, down, across."""
    turn = volume.grid.affine[:3, :3] / np.array(volume.grid.voxel_mm)
    along = _AXES[view].T @ turn  # of each wanted axis, its component along each array axis
    order = max(permutations(range(3)), key=lambda p: sum(abs(along[k, p[k]]) for k in range(3)))
    backwards = [bool(along[k, axis] < 0) for k, axis in enumerate(order)]
    index_map = np.zeros((4, 4))
    index_map[3, 3] = 1.0
    for k, axis in enumerate(order):
        index_map[axis, k] = -1.0 if backwards[k] else 1.0
        index_map[axis, 3] = volume.grid.shape[axis] - 1 if backwards[k] else 0.0
    steps = tuple(slice(None, None, -1 if back else 1) for back in backwards)
    array = volume.array.transpose(order)[steps]
    return Volume(array, Grid(array.shape, volume.grid.affine @ index_map))


def _thick_slice(coarse: Volume, view: View, thickness_mm: int, scale: float) -> Plane:
    """The mean of parallel thin slices through the middle of the volume."""
    voxel = np.array([_LOCALIZER_FIELD_MM / _LOCALIZER_PIXELS] * 2 + [_SAMPLE_MM])
    shape = (_LOCALIZER_PIXELS, _LOCALIZER_PIXELS, thickness_mm)
    thin = resample(coarse, _centred(shape, _AXES[view] * voxel, coarse.grid.centre_lps))
    mean = np.asarray(thin.array).mean(axis=2, keepdims=True)
    flat = Volume(mean, _flattened(thin.grid, 0, thickness_mm - 1))
    return replace(planes_of(flat, scale)[0], thickness_mm=float(thickness_mm))


def _projection(hung: Volume, first: int, last: int, scale: float) -> Plane:
    """The brightest voxels from slice `first` to `last`, on square pixels."""
    brightest = np.asarray(hung.array[:, :, first : last + 1]).max(axis=2, keepdims=True)
    thickness = (last - first + 1) * hung.grid.voxel_mm[2]
    flat = Volume(brightest, _flattened(hung.grid, first, last))
    pixel = min(flat.grid.voxel_mm[:2])
    square = resample(flat, _respaced(flat.grid, np.array([pixel, pixel, flat.grid.voxel_mm[2]])))
    plane = planes_of(square, scale)[0]
    return replace(plane, thickness_mm=thickness, spacing_mm=thickness)


def _slabs(grid: Grid, slab_mm: float | None, step_mm: float | None) -> Iterable[tuple[int, int]]:
    """First and last slice of each slab."""
    count, across = grid.shape[2], grid.voxel_mm[2]
    if slab_mm is None or step_mm is None:
        return [(0, count - 1)]
    thick, step = min(count, round(slab_mm / across)), max(1, round(step_mm / across))
    return [(first, first + thick - 1) for first in range(0, count - thick + 1, step)]


def _distance_mm(planes: list[Plane]) -> float:
    between = planes[1].grid.affine[:3, 3] - planes[0].grid.affine[:3, 3]
    return float(np.linalg.norm(between))


def _flattened(grid: Grid, first: int, last: int) -> Grid:
    """The grid of one image in the middle between two slices."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.to_lps((0, 0, (first + last) / 2))
    return Grid((grid.shape[0], grid.shape[1], 1), affine)


def _respaced(grid: Grid, voxel_mm: NDArray[np.float64]) -> Grid:
    """The same axes and first voxel with other spacings."""
    factor = voxel_mm / np.array(grid.voxel_mm)
    reach = (np.array(grid.shape) - 1) / factor
    shape = np.floor(reach + 1e-6).astype(int) + 1
    affine = grid.affine @ np.diag([*factor, 1.0])
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _centred(
    shape: tuple[int, int, int], axes: NDArray[np.float64], centre_lps: NDArray[np.float64]
) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = centre_lps - axes @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)
