"""Where an artery is as wide as the vertebral and basilar arteries."""

from __future__ import annotations

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.measure.soft_labels import Field

POSSIBLE = 0.25
"""Least soft label of a voxel of a trunk: wide arteries are sure."""
TRUNK_DIAMETER_MM = 2.1
"""Vertebral and basilar arteries are wider, their branches in general narrower
(2.8 and 3.1 mm, review of calibres, JNIS; at most 2.2 mm, textbook values)."""
_SMOOTH_MM = 0.8
"""Width of the Gaussian that reads calibres: between a branch and a trunk."""
_MIN_TRUNK_MM3 = 40.0
"""A trunk is at least so voluminous where it counts as one: 8 mm of a tube of 2.5 mm."""


def wide_arteries(share: Field, spacing_mm: float) -> NDArray[np.bool_]:
    """Voxels of arteries that are wide over some length, (I, J, K), from the soft label."""
    wide = (share > POSSIBLE) & (soft_radius_mm(share, spacing_mm) > TRUNK_DIAMETER_MM / 2)
    least = round(_MIN_TRUNK_MM3 / spacing_mm**3)
    return np.asarray(cc3d.dust(wide, threshold=least, connectivity=26), dtype=bool)


def soft_radius_mm(share: Field, spacing_mm: float) -> Field:
    """Radius of a tube on whose axis a voxel lies, from its label after smoothing; (I, J, K).

    A tube of radius r smoothed by a Gaussian of width w has 1 - exp(-r^2 / 2 w^2) on its axis.
    """
    smooth = ndimage.gaussian_filter(share, _SMOOTH_MM / spacing_mm, mode="nearest")
    return np.asarray(_SMOOTH_MM * np.sqrt(-2.0 * np.log1p(-np.clip(smooth, 0.0, 0.9999))))
