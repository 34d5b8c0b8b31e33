"""Random windows of the localiser's images, with the heatmaps that the network is to give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.train.dataset import Batch
from pipeline.train.intensity import Chances, augmented
from pipeline.train.spatial import Placement, random_placement, sample
from pipeline.train.views import limited_view

MIRRORED = (1, 0, 3, 2)
"""Channel that each landmark becomes when the patient's left and right change places."""
_CHANCES = Chances(remap=0.4, gamma=0.4, invert=0.25)
"""More inversion than the segmenter's: the reference may be T2, where CSF is bright, or TOF."""


@dataclass(frozen=True, eq=False)
class LocatedImage:
    """A file of the bank.

    landmarks: array indices (4, 3) in the order of CHANNELS, NaN where outside the image.
    """

    image: NDArray[np.float16]
    brainstem: NDArray[np.uint8]
    landmarks: NDArray[np.float64]


def load_image(path: Path) -> LocatedImage:
    """Read one file of BANK/localiser at half its resolution, the spacing of the network.

    Landmarks are turned from LPS mm into array indices.
    """
    with np.load(path) as stored:
        inverse = np.linalg.inv(stored["affine"])
        points = stored["landmarks"] @ inverse[:3, :3].T + inverse[:3, 3]
        brainstem = _halved(stored["brainstem"].astype(np.float32)) > 0.5
        return LocatedImage(
            _halved(stored["image"].astype(np.float32)).astype(np.float16),
            brainstem.astype(np.uint8),
            (points - 0.5) / 2.0,
        )


def _halved(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2 x 2 voxels; an odd last one is dropped."""
    x, y, z = (n // 2 for n in array.shape)
    blocks = array[: 2 * x, : 2 * y, : 2 * z].reshape(x, 2, y, 2, z, 2)
    return np.asarray(blocks.mean(axis=(1, 3, 5)), dtype=np.float32)


def make_batch(
    images: list[LocatedImage], rng: np.random.Generator, *, settings: dict[str, Any]
) -> Batch:
    """Augmented windows of one random size.

    image (B, 1, X, Y, Z), heatmaps (B, 4, X, Y, Z) and brainstem (B, 1, X, Y, Z).
    """
    windows = settings["windows_voxels"]
    shape = tuple(windows[rng.integers(len(windows))])
    parts = [_window(image, shape, rng, settings) for image in images]
    return {name: torch.stack([part[name] for part in parts]) for name in parts[0]}


def _window(
    source: LocatedImage,
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    settings: dict[str, Any],
) -> Batch:
    mirror = bool(rng.random() < 0.5)
    placement = random_placement(
        _centre(source, rng, settings["max_offset_mm"] / settings["spacing_mm"]),
        shape,
        rng,
        max_rotation_degrees=settings["max_rotation_degrees"],
        scale=tuple(settings["scale"]),
        mirror=mirror,
    )
    points = moved_landmarks(source.landmarks, placement, mirror=mirror)
    view = limited_view(points, shape, rng, settings["spacing_mm"])
    image = augmented(sample(source.image, placement, nearest=False) * view, rng, _CHANCES)
    brainstem = sample(source.brainstem, placement, nearest=True) * view
    points = np.where(_visible(points, view)[:, None], points, np.nan)
    sigma = settings["heatmap_sigma_mm"] / settings["spacing_mm"]
    return {
        "image": image[None],
        "heatmaps": heatmaps(points, shape, sigma),
        "brainstem": brainstem[None],
    }


def _centre(source: LocatedImage, rng: np.random.Generator, reach: float) -> NDArray[np.float64]:
    """Near the landmarks, or near the image's middle where it has none."""
    known = source.landmarks[~np.isnan(source.landmarks).any(axis=1)]
    middle = known.mean(axis=0) if len(known) else (np.array(source.image.shape) - 1) / 2
    return np.asarray(middle + rng.uniform(-reach, reach, 3))


def moved_landmarks(
    landmarks: NDArray[np.float64], placement: Placement, *, mirror: bool
) -> NDArray[np.float64]:
    """Landmarks (4, 3) as indices of the window; sides change places when it is mirrored."""
    points = placement.to_patch(landmarks)
    return points[list(MIRRORED)] if mirror else points


def _visible(points: NDArray[np.float64], view: torch.Tensor) -> NDArray[np.bool_]:
    """Which points fall on voxels that the window still shows."""
    nearest = np.rint(np.nan_to_num(points, nan=-1.0)).astype(int)
    inside = [bool(((at >= 0) & (at < np.array(view.shape))).all()) for at in nearest]
    shown = [ok and bool(view[tuple(at)] > 0) for ok, at in zip(inside, nearest, strict=True)]
    return np.array(shown)


def heatmaps(
    points: NDArray[np.float64], shape: tuple[int, int, int], sigma_voxels: float
) -> torch.Tensor:
    """Gaussians of height 1 at each point (index, shape (4, 3)), all zero for NaN."""
    result = torch.zeros(len(points), *shape)
    for channel, point in enumerate(points):
        if np.isnan(point).any():
            continue
        x, y, z = (
            torch.exp(-0.5 * ((torch.arange(n) - float(at)) / sigma_voxels) ** 2)
            for n, at in zip(shape, point, strict=True)
        )
        result[channel] = x[:, None, None] * y[None, :, None] * z[None, None, :]
    return result
