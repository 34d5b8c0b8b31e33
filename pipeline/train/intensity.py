"""Random brightness, contrast, noise and sharpness of one normalised image patch.

Values are those of `prepare.intensity`: 0 the dark end, 1 the bright end of the scan. A voxel
that is exactly zero lies outside the scan and stays zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

CEILING = 1.5
"""Largest value that normalisation lets through."""


@dataclass(frozen=True)
class Chances:
    """Probability of each change."""

    remap: float = 0.3
    gamma: float = 0.3
    invert: float = 0.03
    scale: float = 0.7
    bias: float = 0.4
    blur: float = 0.25
    thick_slices: float = 0.2
    noise: float = 0.6


def augmented(patch: torch.Tensor, rng: np.random.Generator, chances: Chances) -> torch.Tensor:
    """A changed copy of a patch, shape (X, Y, Z), float32, in 0..1.5."""
    inside = patch != 0
    changes: tuple[tuple[float, Callable[[torch.Tensor, np.random.Generator], torch.Tensor]], ...]
    changes = (
        (chances.invert, _inverted),
        (chances.remap, _remapped),
        (chances.gamma, _gamma),
        (chances.bias, _biased),
        (chances.scale, _scaled),
        (chances.thick_slices, _thick_slices),
        (chances.blur, _blurred),
        (chances.noise, _noisy),
    )
    for chance, change in changes:
        if rng.random() < chance:
            patch = change(patch, rng)
    return patch.clamp(0.0, CEILING) * inside


def _inverted(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return 1.0 - patch.clamp(0.0, 1.0)


def _remapped(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Through a random increasing piecewise linear curve from (0, 0) to (1.5, 1.5)."""
    knots = np.sort(rng.uniform(0.05, CEILING, 4))
    values = np.sort(0.5 * knots + 0.5 * np.sort(rng.uniform(0.0, CEILING, 4)))
    steps = np.linspace(0.0, CEILING, 512)
    x, y = np.concatenate([[0], knots, [CEILING]]), np.concatenate([[0], values, [CEILING]])
    table = torch.from_numpy(np.interp(steps, x, y).astype(np.float32))
    return table[(patch.clamp(0.0, CEILING) * (511 / CEILING)).round().long()]


def _gamma(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return patch.clamp(min=0.0) ** float(np.exp(rng.normal(0.0, 0.3)))


def _scaled(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return patch * float(np.exp(rng.normal(0.0, 0.2))) + float(rng.normal(0.0, 0.05))


def _biased(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Times a smooth field, up to about a factor of two from end to end."""
    coarse = torch.from_numpy(rng.normal(0.0, 0.25, (1, 1, 3, 3, 3)).astype(np.float32))
    field = functional.interpolate(coarse, size=patch.shape, mode="trilinear", align_corners=True)
    return patch * torch.exp(field[0, 0])


def _blurred(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """By a Gaussian of 0.4 to 1.2 voxels along each axis."""
    result = patch[None, None]
    positions = torch.arange(-3, 4, dtype=torch.float32)
    for axis, sigma in enumerate(rng.uniform(0.4, 1.2, 3)):
        kernel = torch.exp(-0.5 * (positions / float(sigma)) ** 2)
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = 7
        padding = [0, 0, 0]
        padding[axis] = 3
        result = functional.conv3d(result, (kernel / kernel.sum()).view(shape), padding=padding)
    return result[0, 0]


def _thick_slices(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """As if scanned with voxels 1.3 to 2.5 times as long along one axis, interpolated back."""
    axis = int(rng.integers(3))
    size = list(patch.shape)
    size[axis] = max(4, round(size[axis] / rng.uniform(1.3, 2.5)))
    coarse = functional.interpolate(patch[None, None], size=size, mode="area")
    return functional.interpolate(coarse, size=patch.shape, mode="trilinear", align_corners=False)[
        0, 0
    ]


def _noisy(patch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Rician: the magnitude of the signal plus complex Gaussian noise."""
    sigma = float(rng.uniform(0.0, 0.08))
    real = patch + sigma * torch.randn_like(patch)
    return torch.sqrt(real**2 + (sigma * torch.randn_like(patch)) ** 2)
