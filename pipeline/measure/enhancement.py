"""How bright a mass is after contrast, against the brainstem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid
from pipeline.measure.soft_labels import Field

ContrastImage = Callable[[Grid], Field]
"""The contrast-enhanced T1 image, stored intensities, on a grid; NaN where it was not scanned."""
_MIN_VOXELS = 100
"""6.4 mm3 at 0.4 mm, of the mass and of the brainstem each."""


def enhancement(
    image: Field, mass: NDArray[np.bool_], brainstem: NDArray[np.bool_]
) -> float | None:
    """Median brightness of the mass over that of the brainstem, in one image of one grid.

    None where the image shows too little of either, or no brightness.
    """
    seen = np.isfinite(image)
    parts = [image[mask & seen] for mask in (mass, brainstem)]
    if min(len(part) for part in parts) < _MIN_VOXELS:
        return None
    bright, usual = (float(np.median(part)) for part in parts)
    return bright / usual if usual > 0 else None
