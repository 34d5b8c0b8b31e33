"""From a painting to an acquired image: resolution, motion, artefacts and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.appearance import Family

_FWHM_TO_SIGMA = 1 / 2.3548


@dataclass(frozen=True)
class Protocol:
    """How one sequence samples space and how noisy it is.

    voxel_mm: of the written image along columns, rows and slices. true_factor: acquired voxel
    over written voxel in the plane (zero filling when above 1). snr: of the brightest tissue
    that counts (CSF on T2, brain on TOF and T1). tilt_rad: rotation of the slab about x, y, z.
    """

    family: Family
    voxel_mm: tuple[float, float, float]
    true_factor: float
    snr: float
    bias: float
    banding: bool
    pulsation: float
    ghost: float


def random_protocol(family: Family, role: str, rng: np.random.Generator) -> Protocol:
    """A protocol from the ranges of clinical.md C1: 0.3-0.8 mm in the plane, slices to 1.0 mm."""
    low, high = {"t2": (0.33, 0.75), "tof": (0.32, 0.7), "t1c": (0.45, 0.95)}[role]
    plane = rng.uniform(low, high)
    slices = float(np.clip(plane * rng.uniform(0.85, 1.9), 0.4, 1.0))
    return Protocol(
        family=family,
        voxel_mm=(float(plane), float(plane), slices),
        true_factor=float(rng.choice([1.0, 1.0, rng.uniform(1.0, 1.6)])),
        snr=float(np.exp(rng.uniform(np.log(9.0), np.log(45.0)))),
        bias=float(rng.uniform(0.0, 0.3)),
        banding=bool(family == "bssfp" and rng.random() < 0.15),
        pulsation=float(rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0),
        ghost=float(rng.uniform(0.0, 0.06) if rng.random() < 0.25 else 0.0),
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


def smoothed(
    image: NDArray[np.float32], spacing_mm: float, protocol: Protocol
) -> NDArray[np.float32]:
    """The painting blurred to the acquired resolution (slab tilt neglected: below 20 degrees)."""
    plane = protocol.voxel_mm[0] * protocol.true_factor
    fwhm = np.array([plane, plane, protocol.voxel_mm[2]])
    sigma = np.sqrt(np.maximum((fwhm * 0.95) ** 2 - spacing_mm**2, 0.0)) * _FWHM_TO_SIGMA
    return np.asarray(ndimage.gaussian_filter(image, sigma / spacing_mm, truncate=3.0))


def observed(
    clean: Volume, protocol: Protocol, reference_signal: float, rng: np.random.Generator
) -> Volume:
    """Artefacts and Rician noise added to a noiseless image on its own grid."""
    image = np.asarray(clean.array, dtype=np.float32).copy()
    if protocol.pulsation:
        image *= 1.0 - protocol.pulsation * np.clip(_smooth_noise(image.shape, 8, rng), 0.0, 1.0)
    if protocol.banding:
        phase = 1.3 * _smooth_noise(image.shape, 60, rng)
        image *= (1.0 - 0.6 * np.exp(-((np.mod(phase, 2.0) - 1.0) ** 2) / 0.01)).astype(np.float32)
    if protocol.ghost:
        image += protocol.ghost * np.roll(image, int(rng.integers(15, 60)), axis=1)
    if protocol.bias:
        image *= np.exp(protocol.bias * _smooth_noise(image.shape, 120, rng)).astype(np.float32)
    sigma = np.float32(reference_signal / protocol.snr)
    real = image + sigma * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(image.shape, dtype=np.float32)
    noisy = np.hypot(real, imaginary)
    if protocol.true_factor > 1.0:
        noisy = ndimage.gaussian_filter(
            noisy, (0.3 * protocol.true_factor, 0.3 * protocol.true_factor, 0.0)
        )
    return Volume(noisy, clean.grid)


def _smooth_noise(
    shape: tuple[int, ...], scale_voxels: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Smooth random field of mean 0 and spread about 1."""
    small = tuple(max(2, round(n / scale_voxels)) + 2 for n in shape)
    noise = Volume(rng.standard_normal(small).astype(np.float32), Grid(small, np.eye(4)))  # type: ignore[arg-type]
    affine = np.diag(
        [*[(s - 1.01) / max(n - 1, 1) for s, n in zip(small, shape, strict=True)], 1.0]
    )
    return np.asarray(resample(noise, Grid(shape, affine)).array * 1.5)  # type: ignore[arg-type]
