"""What a scan does not show: thin slabs, small fields of view, faces that were removed.

Voxels outside are zero, as after padding.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

THIN_SLAB = 0.5
"""Chance of a thinner slab; a third of these lies anywhere, so that landmarks fall outside."""
SMALL_FIELD = 0.4
NO_FACE = 0.2


def limited_view(
    points: NDArray[np.float64],
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    spacing_mm: float,
) -> torch.Tensor:
    """1 where a random scan reaches, 0 elsewhere, float32 of `shape`.

    points: landmarks as window indices, shape (4, 3), NaN where unknown. Axes run along LPS.
    """
    view = torch.ones(shape)
    known = points[~np.isnan(points).any(axis=1)]
    middle = known.mean(axis=0) if len(known) else (np.array(shape) - 1) / 2
    if rng.random() < THIN_SLAB:
        thickness = rng.uniform(18.0, 70.0) / spacing_mm
        reach = 30.0 if rng.random() < 0.33 else 8.0
        _keep(view, 2, middle[2] + rng.uniform(-reach, reach) / spacing_mm, thickness)
    if rng.random() < SMALL_FIELD:
        for axis in (0, 1):
            offset = rng.uniform(-20.0, 20.0) / spacing_mm
            _keep(view, axis, middle[axis] + offset, rng.uniform(85.0, 170.0) / spacing_mm)
    if rng.random() < NO_FACE:
        view *= _behind_plane(middle, shape, rng, spacing_mm)
    return view


def _keep(view: torch.Tensor, axis: int, centre: float, width: float) -> None:
    """Zero what is further than half of `width` from `centre` along an axis (voxels)."""
    index = torch.arange(view.shape[axis], dtype=torch.float32)
    outside = (index - float(centre)).abs() > width / 2
    view.index_fill_(axis, outside.nonzero()[:, 0], 0.0)


def _behind_plane(
    middle: NDArray[np.float64],
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    spacing_mm: float,
) -> torch.Tensor:
    """1 behind a tilted plane 30 to 60 mm in front (-y) of the landmarks."""
    normal = np.array([0.0, -1.0, 0.0]) + rng.normal(0.0, 0.25, 3)
    normal /= np.linalg.norm(normal)
    x, y, z = (
        (torch.arange(n) - float(at)) * float(component)
        for n, at, component in zip(shape, middle, normal, strict=True)
    )
    height = x[:, None, None] + y[None, :, None] + z[None, None, :]
    return (height < rng.uniform(30.0, 60.0) / spacing_mm).float()
