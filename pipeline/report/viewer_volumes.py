"""The crops that the viewer shows: 8-bit images and labels on one grid along the patient's axes."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, nifti_bytes, resample
from pipeline.records.base import SIDES, Point
from pipeline.records.findings import Findings, SideFindings
from pipeline.records.volumes import ImageRole
from pipeline.report.pictures import SourceImage, StudyImages

SPACINGS_MM = (0.6, 0.7, 0.8, 1.0)
"""Voxel edges, the finest first; the next one is taken where the page would become too large."""
MOST_BYTES = 2_500_000
"""Of all compressed crops together: a third more in the page, of whose 8 MB the program takes 2.3
and the still images about 2."""
_MARGIN_MM = (16.0, 16.0, 13.0)
"""What is shown around the outermost places, along the axes of LPS."""


@dataclass(frozen=True, eq=False)
class Crops:
    """images, labels: compressed NIfTI files on `grid`. labels: None without a segmentation."""

    grid: Grid
    images: dict[ImageRole, bytes]
    labels: bytes | None


def crops(findings: Findings, images: StudyImages) -> Crops | None:
    """The crops at the finest spacing that the page has room for; None without any place."""
    places = list(_places(findings))
    if not images.images or not places:
        return None
    extent = _extent(next(iter(images.images.values())).volume.grid)
    for spacing in SPACINGS_MM:
        made = _crops(_grid(np.array(places), extent, spacing), images)
        if sum(map(len, (*made.images.values(), made.labels or b""))) <= MOST_BYTES:
            break
    return made


def _crops(grid: Grid, images: StudyImages) -> Crops:
    shown = {role: _compressed(eight_bit(image, grid)) for role, image in images.images.items()}
    if images.labels is None:
        return Crops(grid, shown, None)
    labels = resample(images.labels, grid, order=0)
    return Crops(grid, shown, _compressed(Volume(labels.array.astype(np.uint8), grid)))


def eight_bit(image: SourceImage, grid: Grid) -> Volume:
    """The image on `grid`, black to white as 0 to 255."""
    values = resample(
        image.volume,
        grid,
        target_to_volume_lps=image.reference_to_volume_lps,
        outside=image.low,
    ).array
    share = np.clip((values - image.low) / max(image.high - image.low, 1e-6), 0.0, 1.0)
    return Volume((255 * share).round().astype(np.uint8), grid)


def _compressed(volume: Volume) -> bytes:
    return gzip.compress(nifti_bytes(volume), 9, mtime=0)


def _places(findings: Findings) -> Iterator[Point]:
    for side in SIDES:
        yield from (point for point in _places_of(findings.sides[side]) if point is not None)


def _places_of(side: SideFindings) -> Iterable[Point | None]:
    yield from (side.rexp_lps_mm, side.rez_lps_mm, side.porus_lps_mm)
    yield from (point.point_lps_mm for point in side.profile)
    yield side.vessel_contact.point_lps_mm
    for lesion in (side.tumour, side.aneurysm):
        if lesion.answer != "no":
            yield lesion.centroid_lps_mm


def _grid(
    places: NDArray[np.float64], extent: tuple[NDArray[np.float64], NDArray[np.float64]], mm: float
) -> Grid:
    low = np.maximum(places.min(axis=0) - _MARGIN_MM, extent[0])
    high = np.minimum(places.max(axis=0) + _MARGIN_MM, extent[1])
    count = np.maximum(np.ceil((high - low) / mm).astype(int), 1)
    affine = np.diag([mm, mm, mm, 1.0])
    affine[:3, 3] = low
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)


def _extent(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest LPS coordinates of a grid, each of shape (3,)."""
    corners = grid.to_lps(list(product(*((0, count - 1) for count in grid.shape))))
    return corners.min(axis=0), corners.max(axis=0)
