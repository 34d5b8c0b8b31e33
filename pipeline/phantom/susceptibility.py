"""How air and bone bend the main field: parts per million, from the dipole convolution.

Susceptibilities against water (-9.05 ppm): air +9.4 (Schenck, Med Phys 1996;23:815); cortical
bone -2.2 and fat +0.6 (round figures within the published spread).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pipeline.phantom.relaxation import Values
from pipeline.phantom.tissues import Tissue

_RELATIVE_PPM = {Tissue.AIR: 9.4, Tissue.BONE: -2.2, Tissue.FAT: 0.6}


def susceptibilities_ppm() -> Values:
    """By tissue number, relative to water."""
    return np.array([_RELATIVE_PPM.get(tissue, 0.0) for tissue in Tissue])


def field_ppm(susceptibility_ppm: Tensor) -> Tensor:
    """Change of a main field along the last axis by a map of susceptibility (cubic voxels).

    The map continues as water beyond its faces; a linear shim over its watery voxels is taken
    off, as a scanner does before it images.
    """
    size = [2 * n for n in susceptibility_ppm.shape]
    kx, ky, kz = (torch.fft.fftfreq(n) for n in size)
    kz = kz[: size[2] // 2 + 1].abs()
    squared = (kx**2)[:, None, None] + (ky**2)[None, :, None] + (kz**2)[None, None, :]
    squared[0, 0, 0] = torch.inf
    dipole = (1.0 / 3.0 - (kz**2)[None, None, :] / squared).to(susceptibility_ppm)
    spectrum = torch.fft.rfftn(susceptibility_ppm, s=size)
    whole = torch.fft.irfftn(dipole * spectrum, s=size)
    field = whole[tuple(slice(n) for n in susceptibility_ppm.shape)]
    shimmed: Tensor = field - _linear_fit(field, susceptibility_ppm.abs() < 0.2)
    return shimmed


def _linear_fit(field: Tensor, inside: Tensor) -> Tensor:
    """The linear function nearest to the field within a mask."""
    x, y, z = torch.meshgrid(
        *[torch.linspace(-1.0, 1.0, n, device=field.device) for n in field.shape], indexing="ij"
    )
    terms = torch.stack([torch.ones_like(x), x, y, z], dim=-1)
    chosen = terms[inside].double()
    normal = chosen.T @ chosen + 1e-6 * torch.eye(4, device=field.device, dtype=torch.float64)
    weights = torch.linalg.solve(normal, chosen.T @ field[inside].double())
    fitted: Tensor = terms @ weights.to(field)
    return fitted
