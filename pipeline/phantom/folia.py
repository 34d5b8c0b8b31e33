"""Folia: sheets of liquor that cut into the cerebellum, nearly parallel, a few millimetres apart.

On heavily T2-weighted images they are bright lines in the dark cerebellum beside the cistern, with
ridges between them that are as thin as nerves and vessels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.phantom.curves import unit
from pipeline.phantom.texture import head_texture

_PERIOD_MM = (2.0, 4.2)
_WIDTH_MM = (0.15, 0.7)
_DEPTH_MM = (2.0, 6.0)
"""From sheet to sheet, across one, and into the brain; ranges over subjects, as they look on thin
slices. No table of them was found."""
_TILT_DEGREES = (20.0, 75.0)
"""Of the sheets' normal, from upwards to backwards."""
_BENT_MM, _BENDS_MM = 1.2, 14.0
"""How far sheets leave a plane, and over which length."""
_PATCH_MM, _UNEVENNESS = 5.0, 0.5
"""Fissures are deep here and shallow there, over this length."""


def cut_by_folia(
    brain_mm: Tensor, axes: Sequence[NDArray[np.float64]], rng: np.random.Generator
) -> Tensor:
    """The signed distance to brain tissue (i, j, k), positive in fissures as well.

    axes: LPS coordinates of the grid in mm. The same sheets on every grid.
    """
    tilt = np.deg2rad(rng.uniform(*_TILT_DEGREES))
    normal = unit([rng.normal(0.0, 0.2), np.sin(tilt), np.cos(tilt)])
    period, width = rng.uniform(*_PERIOD_MM), rng.uniform(*_WIDTH_MM)
    bends = head_texture(1.0, _BENDS_MM, rng).on(axes, brain_mm.device) - 1.0
    patches = head_texture(_UNEVENNESS, _PATCH_MM, rng).on(axes, brain_mm.device)
    depth = rng.uniform(*_DEPTH_MM) * patches.clamp_(min=0.0)
    across = _along(axes, normal, brain_mm.device) + _BENT_MM * bends
    to_sheet = (across.remainder(period) - 0.5 * period).abs_()
    fissure = torch.minimum(0.5 * width - to_sheet, brain_mm + depth)
    return torch.maximum(brain_mm, fissure)


def _along(
    axes: Sequence[NDArray[np.float64]], normal: NDArray[np.float64], device: torch.device
) -> Tensor:
    """Position along a direction that is mirrored from one side of the head to the other."""
    x, y, z = (torch.as_tensor(axis.astype(np.float32), device=device) for axis in axes)
    a, b, c = (float(part) for part in normal)
    return a * x.abs()[:, None, None] + b * y[None, :, None] + c * z[None, None, :]
