"""From a painting to an acquired image: resolution, motion, sensitivity and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor

from pipeline.geometry import Grid, Volume
from pipeline.geometry.sampling import linear_weights, weighted
from pipeline.phantom.kspace import Matrix, ghosted, odd, truncated, zero_filled
from pipeline.phantom.sequences import Family

_SENSITIVITY_MM = 70.0
"""Distance over which a head coil's sensitivity changes: about a coil element."""
FADED_MM = 2.0
"""At the faces of a painting `resolved` lets it fade; what lies there is not to be used."""


@dataclass(frozen=True)
class Sway:
    """Periodic motion along the phase axis: amplitude, lines of one period, phase at k = 0."""

    amplitude_mm: float
    period_lines: float
    phase_rad: float


@dataclass(frozen=True)
class Protocol:
    """How one sequence samples space and how noisy it is.

    voxel_mm: of the written image along columns, rows and slices. true_factor: acquired voxel
    over written voxel in the plane (zero filling when above 1). snr: of the brightest tissue
    that counts (CSF on T2, brain on TOF and T1). roll_off: 0-1, the filter against ringing.
    bias: log-spread of the coil's sensitivity. channels: receivers that are combined as the root
    of the sum of squares, which lifts the floor of dark places; 1 where they are weighted first.
    """

    family: Family
    voxel_mm: tuple[float, float, float]
    true_factor: float
    snr: float
    bias: float
    roll_off: float
    sway: Sway | None
    channels: int = 1

    @property
    def acquired_mm(self) -> NDArray[np.float64]:
        """Edge lengths of the acquired voxel."""
        return np.array(self.voxel_mm) * [self.true_factor, self.true_factor, 1.0]


def random_protocol(family: Family, role: str, rng: np.random.Generator) -> Protocol:
    """A protocol from the ranges in use: 0.3-0.8 mm in the plane, slices to 1.0 mm.

    Zero-filling hides acquired voxels of up to 0.9 mm on T2 and 1.2 mm on T1 (round figures).

    A real angiogram was written at twice its acquired matrix, with an SNR of 19 in the pons, and
    its bone lay at 0.12 of the pons with a spread of 0.03: the floor of four channels.
    """
    low, high, coarsest = {
        "t2": (0.33, 0.75, 0.9), "tof": (0.32, 0.7, 0.95), "t1c": (0.45, 0.95, 1.2)
    }[role]  # fmt: skip
    plane = rng.uniform(low, high)
    slices = float(np.clip(plane * rng.uniform(0.85, 1.9), 0.4, 1.0))
    true_factor = min(float(rng.choice([1.0, 1.0, rng.uniform(1.0, 2.2)])), coarsest / plane)
    sway = None
    if rng.random() < 0.25:
        sway = Sway(rng.uniform(0.05, 0.35), rng.uniform(2.5, 25.0), rng.uniform(0.0, 6.3))
    return Protocol(
        family=family,
        voxel_mm=(float(plane), float(plane), slices),
        true_factor=true_factor,
        snr=float(np.exp(rng.uniform(np.log(9.0), np.log(45.0)))),
        bias=float(rng.uniform(0.0, 0.3)),
        roll_off=float(rng.choice([0.0, rng.uniform(0.0, 1.0)])),
        sway=sway,
        channels=int(rng.choice([1, 2, 4], p=[0.6, 0.2, 0.2])),
    )


def slab_grid(
    centre: NDArray[np.float64],
    protocol: Protocol,
    extent_mm: tuple[float, float, float],
    tilt_rad: NDArray[np.float64],
) -> Grid:
    """The image grid: axis 0 along the patient's x, axis 1 along y, axis 2 slices, tilted."""
    voxel = np.array(protocol.voxel_mm)
    shape = np.maximum(np.round(np.array(extent_mm) / voxel), 1).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_rotvec(tilt_rad).as_matrix() @ np.diag(voxel)
    affine[:3, 3] = centre - affine[:3, :3] @ ((shape - 1) / 2)
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def rigid(
    rotation_rad: NDArray[np.float64], shift_mm: NDArray[np.float64], about: NDArray[np.float64]
) -> NDArray[np.float64]:
    """4x4 rotation about a point followed by a shift, LPS mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(rotation_rad).as_matrix()
    matrix[:3, 3] = about - matrix[:3, :3] @ about + shift_mm
    return matrix


def left_by_registration(
    rng: np.random.Generator, about: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A small motion, as registration leaves it between two sequences of an examination."""
    return rigid(rng.normal(0, 0.004, 3), rng.normal(0, 0.2, 3), about)


def resolved(
    image: Tensor, grid: Grid, protocol: Protocol, written: Matrix | None = None
) -> Tensor:
    """A painting (*grid.shape) as the acquired part of k-space shows it.

    written: matrix of the result over the same field of view; the painting's own for None. The
    slab's tilt against the painting is neglected: it is below 20 degrees.
    """
    matrix = written or grid.shape
    extent = np.array(grid.shape) * grid.voxel_mm
    limits = zip(extent / protocol.acquired_mm, grid.shape, matrix, strict=True)
    i, j, k = (odd(min(steps, size - 1, out - 1)) for steps, size, out in limits)
    return truncated(image * _fading_faces(image, grid), (i, j, k), matrix, protocol.roll_off)


def field_of_view(grid: Grid, protocol: Protocol) -> Grid:
    """The written grid nearest to the protocol's voxel over the extent of another grid."""
    extent = np.array(grid.shape) * grid.voxel_mm
    count = np.maximum(np.round(extent / protocol.voxel_mm), 1).astype(int)
    affine = grid.affine.copy()
    affine[:3, :3] = grid.affine[:3, :3] / grid.voxel_mm * (extent / count)
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)


def measured(
    image: Tensor, grid: Grid, protocol: Protocol, sigma: float, rng: np.random.Generator
) -> Tensor:
    """The magnitude image: sensitivity, motion and Rician noise added to a clean one.

    sigma: of the noise in each of the two channels, in units of the image.
    """
    if protocol.bias:
        image = image * torch.exp(protocol.bias * _sensitivity(image, grid, rng))
    signal = torch.complex(image, torch.zeros_like(image))
    if protocol.sway is not None:
        sway = protocol.sway
        voxels = sway.amplitude_mm / grid.voxel_mm[1]
        signal = ghosted(signal, voxels, sway.period_lines, sway.phase_rad)
    power = (signal + sigma * _noise(image, protocol, rng)).abs() ** 2
    for _ in range(protocol.channels - 1):
        power += (sigma * _noise(image, protocol, rng)).abs() ** 2
    return power.sqrt()


def observed(
    clean: Volume, protocol: Protocol, reference_signal: float, rng: np.random.Generator
) -> Volume:
    """`measured` for a volume; reference_signal: brightness of the tissue that SNR refers to."""
    image = torch.as_tensor(np.asarray(clean.array, dtype=np.float32))
    made = measured(image, clean.grid, protocol, reference_signal / protocol.snr, rng)
    return Volume(made.numpy(), clean.grid)


def _noise(image: Tensor, protocol: Protocol, rng: np.random.Generator) -> Tensor:
    """Complex noise of spread 1 per channel, without the frequencies that zero-filling leaves."""
    i, j, k = image.shape
    plane = [odd(min(n / protocol.true_factor, n - 1)) for n in (i, j)]
    matrix = (plane[0], plane[1], k) if protocol.true_factor > 1.0 else (i, j, k)
    generator = torch.Generator(image.device).manual_seed(int(rng.integers(2**62)))
    white = torch.randn((*matrix, 2), generator=generator, device=image.device)
    noise = torch.view_as_complex(white)
    if protocol.true_factor <= 1.0:
        return noise
    return zero_filled(noise.movedim(-1, 0)[..., None], (i, j, 1))[..., 0].movedim(0, -1)


def _sensitivity(image: Tensor, grid: Grid, rng: np.random.Generator) -> Tensor:
    """Smooth random field of mean 0 and spread about 1."""
    extent = np.array(grid.shape) * grid.voxel_mm
    size = np.ceil(extent / _SENSITIVITY_MM).astype(int) + 2
    nodes = torch.as_tensor(rng.standard_normal(size).astype(np.float32), device=image.device)
    steps = np.array(grid.voxel_mm) / _SENSITIVITY_MM
    weights = [
        linear_weights(count, 0.3, float(step), nodes_here)
        for count, step, nodes_here in zip(grid.shape, steps, size, strict=True)
    ]
    return 1.5 * weighted(nodes, weights)


def _fading_faces(image: Tensor, grid: Grid) -> Tensor:
    """1 inside, 0 at the faces of the field of view: without it they would ring across it."""
    i, j, k = (
        (torch.arange(count, device=image.device) + 0.5) * spacing / FADED_MM
        for count, spacing in zip(grid.shape, grid.voxel_mm, strict=True)
    )
    ramps = [torch.minimum(axis, axis.flip(0)).clamp(max=1.0) for axis in (i, j, k)]
    smooth = [0.5 - 0.5 * torch.cos(torch.pi * ramp) for ramp in ramps]
    return smooth[0][:, None, None] * smooth[1][None, :, None] * smooth[2][None, None, :]
