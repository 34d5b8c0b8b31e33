"""Images as the registration sees them: 1 mm voxels along LPS, padding marked as not scanned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample

GRID_MM = 1.0
"""Both images are brought to this spacing: fine enough for errors of a tenth of it."""
_WIDTH_MM = 120.0
"""Only the middle of the head counts: the face and the neck move on their own."""
_MARGIN_MM = 30.0
"""The moving image is kept this far beyond the region; more motion is not looked for."""


@dataclass(frozen=True, eq=False)
class UprightImage:
    """An image with axes along LPS (mm), and a mask of the voxels that count.

    Whatever the direction cosines of the volume, oblique or left-handed, SimpleITK only meets
    the identity: the resampling before it has taken care of them.
    """

    image: sitk.Image
    counted: sitk.Image

    def only(self, part: NDArray[np.bool_]) -> UprightImage:
        """The same image of which only voxels in `part`, shape (x, y, z), count as well."""
        counted = sitk.GetArrayViewFromImage(self.counted).transpose(2, 1, 0)
        mask = sitk.GetImageFromArray((counted * part).astype(np.uint8).transpose(2, 1, 0))
        mask.CopyInformation(self.counted)
        return replace(self, counted=mask)


def central_grid(grid: Grid) -> Grid:
    """The middle of a reference, at most 120 mm wide along each of the patient's axes."""
    size = np.minimum(covering_grid(grid).shape, round(_WIDTH_MM / GRID_MM))
    return _upright_grid(grid.centre_lps - GRID_MM * (size - 1) / 2, size)


def covering_grid(grid: Grid) -> Grid:
    """The smallest upright grid that covers another one."""
    corners = _corners_lps(grid)
    low = corners.min(axis=0)
    return _upright_grid(low, np.ceil((corners.max(axis=0) - low) / GRID_MM).astype(int) + 1)


def surrounding_grid(grid: Grid, region: Grid) -> Grid:
    """What of `grid` lies within 30 mm of an upright `region`, as an upright grid.

    A whole head costs no more time than a slab. Where the two lie apart a single voxel is left.
    """
    own, wanted = _corners_lps(grid), _corners_lps(region)
    low = np.maximum(own.min(axis=0), wanted.min(axis=0) - _MARGIN_MM)
    high = np.minimum(own.max(axis=0), wanted.max(axis=0) + _MARGIN_MM)
    size = np.ceil(np.maximum(high - low, 0.0) / GRID_MM).astype(int) + 1
    return _upright_grid(low, size)


def upright_image(volume: Volume, grid: Grid) -> UprightImage:
    """The volume on an upright grid; what lies outside its slab does not count."""
    array = resample(volume, grid, outside=float("nan")).array
    seen = ~np.isnan(array)
    ceiling = max(float(np.percentile(array[seen], 99.5)), 1e-6)  # outliers would waste the bins
    values = np.minimum(np.nan_to_num(array), ceiling)
    return UprightImage(_image(values, grid), _image(seen.astype(np.uint8), grid))


def overlap_share(region: Grid, other: Grid) -> float:
    """Which share of `region` lies inside `other`, 0..1."""
    index = np.stack(np.meshgrid(*[np.linspace(0, n - 1, 12) for n in region.shape]), axis=-1)
    return float(other.contains(region.to_lps(index)).mean())


def _corners_lps(grid: Grid) -> NDArray[np.float64]:
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape])).reshape(3, -1).T
    return grid.to_lps(ends)


def _upright_grid(low_lps: NDArray[np.float64], size: NDArray[np.int_]) -> Grid:
    affine = np.diag([GRID_MM] * 3 + [1.0])
    affine[:3, 3] = low_lps
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)


def _image(array: NDArray[np.generic], grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(2, 1, 0)))
    image.SetSpacing([GRID_MM] * 3)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    return image
