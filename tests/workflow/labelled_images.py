"""Images that carry their own truth: each stored value tells brightness, label and landmark.

The truth travels with the pixels through DICOM, conversion and resampling, so a flip anywhere
on the way moves it, too. What reads it stands in for the two networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.study import GeneratedStudy
from pipeline.records.base import SIDES
from pipeline.records.landmarks import ModelUsed
from pipeline.segment.networks import Networks
from pipeline.segment.peaks import CHANNELS

_LABELS = 9
_CODES = _LABELS * (len(CHANNELS) + 1)
_BRIGHTEST = 4095 // _CODES - 1
_BLOB_MM = 4.0


def with_truth(study: GeneratedStudy) -> Volume:
    """The reference image in few steps of brightness, its labels and landmarks beside them."""
    image = study.volumes["t2"]
    steps = np.rint(image.array / np.percentile(image.array, 99.5) * 0.8 * _BRIGHTEST)
    code = study.labels.array + _LABELS * _landmarks(study, image.grid)
    stored = np.clip(steps, 0, _BRIGHTEST) * _CODES + code
    return Volume(stored.astype(np.float32), image.grid)


def _landmarks(study: GeneratedStudy, grid: Grid) -> NDArray[np.int_]:
    """1 + the landmark's channel within 4 mm of it, 0 elsewhere."""
    points = {f"{side}_rez": study.truth.sides[side].rez_lps_mm for side in SIDES}
    points |= {f"{side}_porus": study.truth.sides[side].porus_lps_mm for side in SIDES}
    voxels = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    distances = np.stack([np.linalg.norm(voxels - points[name], axis=-1) for name in CHANNELS])
    nearest = distances.argmin(axis=0)
    return np.where(distances.min(axis=0) < _BLOB_MM, nearest + 1, 0)


def turned(volume: Volume, axes: tuple[int, int, int], backwards: tuple[bool, ...]) -> Volume:
    """The same picture stored along other axes, forwards or backwards."""
    steps = tuple(slice(None, None, -1 if back else 1) for back in backwards)
    array = np.ascontiguousarray(volume.array.transpose(axes)[steps])
    affine = np.eye(4)
    affine[:3, 3] = volume.grid.affine[:3, 3]
    for new, (old, back) in enumerate(zip(axes, backwards, strict=True)):
        step = volume.grid.affine[:3, old]
        affine[:3, new] = -step if back else step
        affine[:3, 3] += step * (volume.grid.shape[old] - 1) * back
    return Volume(array, Grid((array.shape[0], array.shape[1], array.shape[2]), affine))


@dataclass(frozen=True)
class TruthReader:
    """Gives the networks' inputs and plays the networks."""

    def network_image(
        self, volume: Volume, target: Grid, bridge: NDArray[np.float64] | None = None
    ) -> NDArray[np.float32]:
        """Codes at the nearest voxel, in place of brightness."""
        found = resample(volume, target, order=0, target_to_volume_lps=bridge).array
        return np.asarray(np.rint(found) % _CODES, dtype=np.float32)

    def networks(self) -> Networks:
        used = (ModelUsed(name="truth", version="1", sha256="0" * 64),)
        return Networks(_read_landmarks, _read_labels, used, lambda: "cpu (truth)")


def _read_landmarks(images: NDArray[np.float32]) -> NDArray[np.float32]:
    codes = np.rint(images[0, 0]).astype(int)
    maps = [codes // _LABELS == channel + 1 for channel in range(len(CHANNELS))]
    return _logits(np.stack([*maps, codes % _LABELS == 1]))[None]


def _read_labels(images: NDArray[np.float32]) -> NDArray[np.float32]:
    labels = np.rint(images[0, 0]).astype(int) % _LABELS
    return _logits(np.stack([labels == label for label in range(_LABELS)]))[None]


def _logits(true: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(true, np.float32(8.0), np.float32(-8.0))


def orientations() -> Mapping[str, tuple[tuple[int, int, int], tuple[bool, bool, bool]]]:
    """Every way to store a picture: 24 directions of rows and columns, two orders of slices."""
    from itertools import permutations, product

    return {
        "".join(
            "xyz"[axis] + ("-" if back else "+") for axis, back in zip(axes, ways, strict=True)
        ): (
            axes,
            ways,
        )
        for axes in permutations((0, 1, 2))
        for ways in product((False, True), repeat=3)
    }
