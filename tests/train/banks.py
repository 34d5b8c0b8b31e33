"""Tiny banks of simple shapes: enough to learn something from in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.train.dataset import list_bank


def write_segmenter_bank(folder: Path, count: int = 16, size: int = 24) -> Path:
    """Crops with a slab of brainstem and a bar of artery, bright in all sequences."""
    folder.mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng(number)
        labels = np.zeros((size, size, size), dtype=np.uint8)
        labels[size // 2 + rng.integers(-3, 3) :] = 1
        at = rng.integers(3, size - 6, 2)
        labels[:, at[0] : at[0] + 3, at[1] : at[1] + 3] = 5
        bright = np.array([0.2, 0.6, 0, 0, 0, 1.0])[labels]
        images = np.stack([bright] * 3) + rng.normal(0, 0.02, (3, size, size, size))
        np.savez(
            folder / f"{number:03d}.npz",
            images=images.astype(np.float16),
            labels=labels,
            present=np.array([True, number % 2 == 0, True]),
        )
    assert list_bank(folder, held_out=True)
    return folder


def write_localiser_image(path: Path, spacing_mm: float = 1.5) -> np.ndarray:
    """One image with a bright blob at each landmark and a brainstem; returns the landmarks."""
    landmarks = np.array([[14.0, 6, 0], [-14, 6, 1], [25, 0, 3], [-25, 0, 4]])
    shape = (60, 40, 24)
    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = -spacing_mm * (np.array(shape) - 1) / 2
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    lps = grid * spacing_mm + affine[:3, 3]
    image = np.full(shape, 0.1)
    for number, point in enumerate(landmarks):
        image[np.linalg.norm(lps - point, axis=-1) < 4.5] = 0.4 + 0.2 * number
    brainstem = np.abs(lps[..., 0]) < 8
    np.savez(
        path,
        image=image.astype(np.float16),
        affine=affine,
        landmarks=landmarks,
        brainstem=brainstem.astype(np.uint8),
    )
    return landmarks
