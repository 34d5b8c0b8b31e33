"""The base anatomy: brain surfaces of the MNI152 template (the copy in the nilearn wheel).

Template space is LPS mm: MNI's RAS coordinates with x and y negated. The template is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nibabel as nib
import nilearn.datasets
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Grid

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_BRAIN_THRESHOLD = 0.45
"""T1 brightness (of the maximum) between CSF and tissue of the template."""

# Lateral limit (mm from midline) and dorsal limit (LPS y, mm) of the brainstem by height (z, mm),
# read off the template: floor of the fourth ventricle behind, middle cerebellar peduncles aside.
_HEIGHT_MM = np.array([-72.0, -56.0, -48.0, -44.0, -40.0, -32.0, -28.0, -20.0, -8.0])
_LATERAL_MM = np.array([10.0, 10.5, 13.0, 16.0, 18.0, 19.0, 17.5, 18.0, 20.0])
_DORSAL_MM = np.array([60.0, 48.0, 45.5, 44.5, 43.0, 41.0, 40.0, 38.0, 36.0])


@dataclass(frozen=True, eq=False)
class Template:
    """Fields on a 1 mm grid: signed distances in mm (negative inside) and white matter share."""

    grid: Grid
    brain_mm: NDArray[np.float32]
    white: NDArray[np.float32]


@cache
def template() -> Template:
    """The template's lower head, read once per process."""
    brightness, affine = _map("t1")
    white, _ = _map("wm")
    keep = slice(0, 130)  # z from -72 to 58 mm: all that a slab over the pons can see
    brightness, white = brightness[:, :, keep], white[:, :, keep]
    tissue = ndimage.gaussian_filter(brightness / brightness.max(), 0.6) > _BRAIN_THRESHOLD
    grid = Grid(tissue.shape, _RAS_TO_LPS @ affine)
    tissue &= ~_petrous_pyramids(grid)
    return Template(
        grid,
        signed_distance(tissue),
        ndimage.gaussian_filter(white / white.max(), 0.5).astype(np.float32),
    )


def brainstem_limits_mm(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance-like field of the box that holds the brainstem within the brain.

    points: template LPS mm, shape (..., 3). Negative inside.
    """
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    lateral = np.abs(x) - np.interp(z, _HEIGHT_MM, _LATERAL_MM)
    dorsal = y - np.interp(z, _HEIGHT_MM, _DORSAL_MM)
    return np.asarray(np.maximum.reduce([lateral, dorsal, z + 8.0, 4.0 - y]))


def _map(kind: str) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    folder = Path(nilearn.datasets.__file__).parent / "data"
    image = nib.load(folder / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz")
    return np.asarray(image.dataobj, dtype=np.float32), image.affine


def _petrous_pyramids(grid: Grid) -> NDArray[np.bool_]:
    """Where the petrous bones lie. The template's average head has temporal lobe there."""
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    points = grid.to_lps(index)
    lateral, y, z = np.abs(points[..., 0]), points[..., 1], points[..., 2]
    ellipsoid = ((lateral - 32) / 18) ** 2 + ((y - 16) / 16) ** 2 + ((z + 37) / 12) ** 2 < 1
    return np.asarray(ellipsoid & (lateral > 17) & (y < 26))


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Smoothed distance to a mask's surface in voxels, negative inside."""
    outside = ndimage.distance_transform_edt(~mask)
    inside = ndimage.distance_transform_edt(mask)
    return np.asarray(ndimage.gaussian_filter(outside - inside, 0.8), dtype=np.float32)
