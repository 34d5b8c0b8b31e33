"""The soft labels of one side's crop, as the segment stage leaves them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyFailedError
from pipeline.geometry import Grid
from pipeline.records.labels import Label

Field = NDArray[np.float32]
"""One value per voxel of a crop, shape (I, J, K)."""
Points = NDArray[np.float64]
"""Positions in crop millimetres (array index times spacing), shape (..., 3).

On either side axis 0 runs from lateral to medial, axis 1 to posterior, axis 2 to superior, so
that a left nerve and its mirror image give the same numbers to the last digit.
"""


@dataclass(frozen=True, eq=False)
class SoftLabels:
    """probabilities: uint8 (variants, 9, I, J, K), 255 = certain, in the order of `Label`.

    grid: of the crop; its voxels are cubes.
    """

    probabilities: NDArray[np.uint8]
    grid: Grid

    @property
    def spacing_mm(self) -> float:
        return self.grid.voxel_mm[0]

    @property
    def variants(self) -> int:
        return int(self.probabilities.shape[0])

    @cached_property
    def _total(self) -> NDArray[np.uint16]:
        return np.asarray(self.probabilities.sum(axis=0, dtype=np.uint16))

    def share(self, *labels: Label, variant: int | None = None) -> Field:
        """Summed soft labels, 0..1: of one variant, or the mean over all."""
        chosen = [int(label) for label in labels]
        if variant is None:
            total = self._total[chosen].sum(axis=0, dtype=np.float32)
            return np.asarray(total / np.float32(255 * self.variants))
        one = self.probabilities[variant, chosen].sum(axis=0, dtype=np.float32)
        return np.asarray(one / np.float32(255))

    def likeliest(self) -> NDArray[np.uint8]:
        """The label with the greatest mean probability in every voxel."""
        return np.asarray(self._total.argmax(axis=0).astype(np.uint8))

    def window(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> SoftLabels:
        """The voxels from `low` to `high` (exclusive, cut to the crop) as a crop of its own."""
        start = np.maximum(low, 0)
        stop = np.minimum(high, self.grid.shape)
        shift = np.eye(4)
        shift[:3, 3] = start
        i, j, k = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
        part = self.probabilities[:, :, i, j, k]
        shape = (part.shape[2], part.shape[3], part.shape[4])
        return SoftLabels(part, Grid(shape, self.grid.affine @ shift))

    def to_lps(self, points: Points) -> Points:
        """LPS millimetres of crop millimetres."""
        return self.grid.to_lps(points / self.spacing_mm)


def load_soft_labels(path: Path) -> SoftLabels:
    """Read a probability file; raises StudyFailedError where it is missing or damaged."""
    try:
        with path.open("rb") as stream, np.load(stream) as content:
            probabilities, affine = content["probabilities"], content["affine"]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise StudyFailedError(
            "probabilities_unreadable",
            f"the soft labels {path.name} cannot be read ({type(error).__name__}); "
            "run the segment stage again",
            deterministic=False,
        ) from None
    if probabilities.ndim != 5 or probabilities.shape[1] != len(Label):
        raise StudyFailedError(
            "probabilities_malformed",
            f"the soft labels {path.name} have shape {probabilities.shape}, expected "
            f"(variants, {len(Label)}, I, J, K); run the segment stage again",
        )
    shape = (probabilities.shape[2], probabilities.shape[3], probabilities.shape[4])
    return SoftLabels(probabilities, Grid(shape, np.asarray(affine, dtype=np.float64)))
