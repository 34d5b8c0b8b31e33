"""Whether a volume looks like what its header says: confirmed by the brightness alone.

What borders on the brain is cerebrospinal fluid. On heavily T2-weighted images it is brighter
than the brain, on angiograms and T1-weighted images darker. Vessels outshine the brain on
time of flight. Neither needs a network, a template or a direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.convert.refused import SeriesRefused
from pipeline.geometry.volume import Volume
from pipeline.records.volumes import ImageRole

CONTRADICTION = 0.3
"""Border index beyond which, on the wrong side of zero, a role is refused. Measured: +0.43 to
+0.97 on 66 generated T2; -0.88 to -0.48 on 48 generated angiograms and 32 T1 after contrast;
-0.75 on the real angiogram, -0.85 and -0.77 on two real T1 (docs/reference/intake.md)."""
LEAST_VESSEL = 1.5
"""The brightest of an angiogram relative to the brain. Measured: 2.0 to 5.2 on generated
angiograms, 4.3 on the real one."""

_BLOCK_MM = 1.5
_RADIUS_MM = 50.0
"""Only the middle of the picture counts: scalp fat is as bright as fluid."""
_TEXTURE_MM = 6.0
_MARGIN_MM = 3.0
_LEAST_VOXELS = 100
"""Fewer voxels of even brightness are no brain: the header stands."""
_Array = NDArray[np.float32]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Appearance:
    """The brightness of a volume relative to that of the brain in it.

    border: share of what borders on the brain that is brighter, less what is darker, -1..1.
    brightest: 99.8th percentile of all brightness over the brain's.
    """

    border: float
    brightest: float


def contradiction(role: ImageRole, volume: Volume) -> SeriesRefused | None:
    """Why a volume cannot have the role that its header gave it, None where nothing speaks so."""
    found = appearance_of(volume)
    if found is None:
        return None
    if role == "t2":
        text = "the fluid around the brain is darker than the brain, unlike on T2-weighted images"
        return _refused(text, found) if found.border < -CONTRADICTION else None
    if found.border > CONTRADICTION:
        text = "the fluid around the brain is brighter than the brain, as on T2-weighted images"
        return _refused(text, found)
    if role == "tof" and found.brightest < LEAST_VESSEL:
        return _refused("nothing outshines the brain, as vessels do on an angiogram", found)
    return None


def _refused(text: str, found: Appearance) -> SeriesRefused:
    measured = f"border index {found.border:+.2f}, brightest {found.brightest:.1f} times the brain"
    return SeriesRefused("image_contradicts_role", f"{text} ({measured})")


def appearance_of(volume: Volume) -> Appearance | None:
    """How the middle of a volume looks; None where it shows no tissue of even brightness."""
    blocks, block_mm = _in_blocks(volume)
    blocks, middle = _middle(blocks, block_mm)
    even, mean = _even_tissue(blocks, middle, block_mm)
    if even.sum() < _LEAST_VOXELS:
        return None
    level = _most_frequent(mean[even])
    brain = _grown(even & _near(mean, level, 1.35), _MARGIN_MM / block_mm)
    brain &= _near(blocks, level, 1.5)
    # One voxel on either side of the border is a mixture of both.
    border = _grown(brain, _MARGIN_MM / block_mm) & ~_grown(brain, np.ones(3)) & middle
    if not border.any():
        return None
    relative = blocks[border] / level
    brighter, darker = float((relative > 1.5).mean()), float((relative < 0.67).mean())
    return Appearance(brighter - darker, float(np.percentile(blocks[middle], 99.8)) / level)


def _in_blocks(volume: Volume) -> tuple[_Array, NDArray[np.float64]]:
    """Means over blocks of about 1.5 mm, and their edges in mm: less noise, less work."""
    voxel_mm = np.array(volume.grid.voxel_mm)
    step = np.maximum(1, np.round(_BLOCK_MM / voxel_mm).astype(int))
    count = np.array(volume.array.shape) // step
    a, b, c = (slice(0, int(n)) for n in count * step)
    (i, j, k), (p, q, r) = count, step
    whole = np.asarray(volume.array[a, b, c], dtype=np.float32).reshape(i, p, j, q, k, r)
    return np.asarray(whole.mean(axis=(1, 3, 5))), voxel_mm * step


def _middle(blocks: _Array, block_mm: NDArray[np.float64]) -> tuple[_Array, _Mask]:
    """What lies within 50 mm of the centre of brightness, cut out, and the mask of that ball."""
    weight = np.clip(blocks, 0, np.percentile(blocks, 95))
    centre = np.array(ndimage.center_of_mass(weight + 1e-6))
    reach = _RADIUS_MM / block_mm
    low = np.maximum(np.floor(centre - reach), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach) + 1, blocks.shape).astype(int)
    part = blocks[tuple(slice(*ends) for ends in zip(low, high, strict=True))]
    axes = np.ogrid[tuple(slice(*ends) for ends in zip(low, high, strict=True))]
    away = sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, reach, strict=True))
    return part, np.asarray(away < 1)


def _even_tissue(
    blocks: _Array, middle: _Mask, block_mm: NDArray[np.float64]
) -> tuple[_Mask, _Array]:
    """Where brightness hardly varies over 6 mm, near the median, and the mean over those 6 mm.

    Air and bone lie below; a large pool of fluid on T2, as in a cyst, above.
    """
    size = np.maximum(1, np.round(_TEXTURE_MM / block_mm)).astype(int)
    mean = ndimage.uniform_filter(blocks, size)
    variance = ndimage.uniform_filter(blocks * blocks, size) - mean * mean
    median, high = np.percentile(blocks[middle], (50, 98))
    even = variance < (0.2 * mean) ** 2
    plausible = (mean > 0.03 * high) & (mean > 0.4 * median) & (mean < 2.8 * median)
    return np.asarray(even & plausible & middle), mean


def _most_frequent(values: _Array) -> float:
    """The most frequent brightness, within some 15 %."""
    logs = np.log(values)
    edges = np.arange(logs.min() - 0.3, logs.max() + 0.35, 0.05)
    counts = ndimage.gaussian_filter1d(np.histogram(logs, edges)[0].astype(float), 3.0)
    peak = int(counts.argmax())
    return float(np.exp((edges[peak] + edges[peak + 1]) / 2))


def _near(values: _Array, level: float, factor: float) -> _Mask:
    return np.asarray((values > level / factor) & (values < level * factor))


def _grown(mask: _Mask, voxels: NDArray[np.float64]) -> _Mask:
    """A mask grown by so many voxels, at least one, along each axis."""
    size = 2 * np.maximum(1, np.round(voxels).astype(int)) + 1
    return np.asarray(ndimage.maximum_filter(mask, size))
