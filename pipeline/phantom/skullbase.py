"""What lies outside the dura: compact bone, a random mixture beyond it, then scalp and air.

Shares, not classes: borders are about a millimetre soft, as partial volume makes them, so the
mixture may be computed coarsely and interpolated to any grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.phantom.texture import head_texture
from pipeline.phantom.tissues import Tissue

TISSUES = [Tissue.MUSCLE, Tissue.FAT, Tissue.AIR, Tissue.BONE]
_SOFT_TEXTURE = 0.4
"""Change of a texture of 3.5 mm grain over about 1 mm."""


def outside_dura(
    axes: Sequence[NDArray[np.float64]], dura_mm: Tensor, head_mm: Tensor, rng: np.random.Generator
) -> Tensor:
    """Shares (4, i, j, k) of TISSUES, summing to 1.

    axes: LPS coordinates of the grid. dura_mm, head_mm: signed distances there, negative inside.
    """
    cells = head_texture(1.0, 3.5, rng).on(axes, dura_mm.device)
    marrow = head_texture(1.0, 5.0, rng).on(axes, dura_mm.device)
    shell = _above(rng.uniform(2.5, 6.0) + 2.0 * (marrow - 1.0) - dura_mm, 1.0)
    diploe = shell * _above(marrow - 1.9, _SOFT_TEXTURE) * _above(dura_mm - 1.5, 1.0)
    layers = [
        (Tissue.FAT, _above(marrow - 1.4, _SOFT_TEXTURE)),
        (Tissue.AIR, _above(cells - 1.8, _SOFT_TEXTURE)),
        (Tissue.BONE, _above(0.25 - (cells - 1.0).abs(), _SOFT_TEXTURE)),
        (Tissue.BONE, shell),
        (Tissue.FAT, diploe),
        (Tissue.FAT, _above(head_mm + 6.0, 1.0)),
        (Tissue.AIR, _above(head_mm, 1.0)),
    ]
    shares = torch.zeros((len(TISSUES), *dura_mm.shape), device=dura_mm.device)
    shares[TISSUES.index(Tissue.MUSCLE)] = 1.0
    for tissue, share in layers:
        shares *= 1.0 - share
        shares[TISSUES.index(tissue)] += share
    return shares


def _above(field: Tensor, width: float) -> Tensor:
    """0 below, 1 above zero, with a ramp of the given width."""
    return (field / width + 0.5).clamp_(0.0, 1.0)
