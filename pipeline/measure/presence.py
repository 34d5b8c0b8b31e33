"""Soft evidence for a vessel beside the nerve, where no single boundary may be trusted."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from pipeline.measure.gap import GapMap, Structures
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.vessels import VESSELS

_AROUND_MM = 0.5
"""Standard deviation of the weights around a voxel: about the calibre of the thinnest vessels that
matter. A few voxels that only look like a vessel weigh little, a real one much."""
_BESIDE_MM = 1.0
"""Farther from the nerve's surface a vessel is not beside it."""
_LEAST = 0.01


def vessel_beside_nerve(soft: SoftLabels, found: Structures, gaps: GapMap) -> float:
    """The greatest share of vessel, 0..1, within 1 mm outside the nerve's surface.

    Of the soft labels as they are, with Gaussian weights around each voxel: unlike the gap it
    needs no boundary, so neither is a faint vessel lost nor a faint shadow taken for certain.
    """
    around = ndimage.gaussian_filter(soft.share(*VESSELS), _AROUND_MM / soft.spacing_mm)
    outside = found.nerve_field[::2, ::2, ::2] <= 0
    places = np.argwhere(outside & (around > _LEAST))
    distance, _ = cKDTree(gaps.points).query(
        places * soft.spacing_mm, distance_upper_bound=_BESIDE_MM
    )
    beside = places[np.isfinite(distance)]
    return float(around[tuple(beside.T)].max(initial=0.0))
