"""How noisy a heavily T2-weighted image is, against its cerebrospinal fluid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Volume

_CENTRAL = 0.5
"""Share of each axis that is looked at: the head's middle, without the air around it."""
_CSF_PERCENTILE = 98.0
"""Cerebrospinal fluid is the brightest there, and fills more than what this leaves. Read after
smoothing by a voxel, so that noise does not raise it."""
_MASK = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0])[:, :, None]
"""Difference of two Laplacians (Immerkaer 1996): it answers to no plane and hardly to edges."""
_MASK_NORM = 6.0
_MEDIAN_OF_NORMAL = 0.6745
"""Median absolute value of a standard normal distribution."""


def csf_to_noise(image: Volume) -> float | None:
    """Brightness of cerebrospinal fluid over the standard deviation of the noise.

    Noise after Immerkaer 1996 (Computer Vision and Image Understanding 64:300), in the plane of
    the first two axes, with the median in place of the mean, so that edges do not count. Images
    that the scanner interpolated seem less noisy than they are. None where the middle of the
    image holds no noise or no brightness at all.
    """
    middle = _middle(np.asarray(image.array, dtype=np.float32))
    differences = ndimage.convolve(middle, _MASK, mode="nearest")
    noise = float(np.median(np.abs(differences))) / (_MASK_NORM * _MEDIAN_OF_NORMAL)
    csf = float(np.percentile(ndimage.gaussian_filter(middle, 1.0), _CSF_PERCENTILE))
    return round(csf / noise, 2) if noise > 0 and csf > 0 else None


def _middle(array: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = [int(n * (1 - _CENTRAL) / 2) for n in array.shape]
    i, j, k = (slice(m, n - m) for m, n in zip(margin, array.shape, strict=True))
    return array[i, j, k]
