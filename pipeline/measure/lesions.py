"""Masses and aneurysms: connected regions of their labels, each on one side of the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from skimage.measure import marching_cubes

from pipeline.geometry import Grid
from pipeline.measure.soft_labels import SoftLabels
from pipeline.records.base import SIDES, Side
from pipeline.records.labels import Label

LesionLabel = Literal[Label.TUMOUR, Label.ANEURYSM]
_SAME_LESION = 0.2
"""Share of the smaller region that lies in the other one when both crops show one lesion."""


@dataclass(frozen=True, eq=False)
class Lesion:
    """A connected region. centroid_lps: (3,). mask: on the crop that shows it, `soft`."""

    volume_mm3: float
    max_diameter_mm: float
    centroid_lps: NDArray[np.float64]
    mean_probability: float
    mask: NDArray[np.bool_]
    soft: SoftLabels

    @property
    def grid(self) -> Grid:
        return self.soft.grid


@dataclass(frozen=True, eq=False)
class Midline:
    """The plane halfway between both root exit zones. to_left: unit vector, LPS."""

    point_lps: NDArray[np.float64]
    to_left: NDArray[np.float64]

    def lateral_mm(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of points (..., 3) from the plane, positive on the patient's left."""
        return np.asarray((points_lps - self.point_lps) @ self.to_left)

    def side_of(self, point_lps: NDArray[np.float64]) -> Side:
        return "left" if float(self.lateral_mm(point_lps)) > 0 else "right"


def midline(rez_lps: Mapping[Side, NDArray[np.float64]]) -> Midline | None:
    """From both root exit zones; None where only one was found."""
    if len(rez_lps) < 2:
        return None
    across = rez_lps["left"] - rez_lps["right"]
    centre = 0.5 * (rez_lps["left"] + rez_lps["right"])
    return Midline(centre, across / np.linalg.norm(across))


def lesions(
    soft: SoftLabels, likeliest: NDArray[np.uint8], label: LesionLabel, min_volume_mm3: float
) -> list[Lesion]:
    """The regions of one label in a crop, at least `min_volume_mm3`, largest first."""
    mask = likeliest == int(label)
    if not mask.any():
        return []
    numbers = cc3d.connected_components(mask.astype(np.uint8), connectivity=26)
    sizes = np.bincount(numbers.ravel())[1:] * soft.grid.voxel_volume_mm3
    share = soft.share(label)
    large = [int(n) + 1 for n in np.argsort(-sizes) if sizes[n] >= min_volume_mm3]
    return [_lesion(soft, numbers == number, share) for number in large]


def by_side(found: Mapping[Side, list[Lesion]], middle: Midline | None) -> dict[Side, Lesion]:
    """The lesion of each side of the patient that has the most volume, weighed by its probability.

    A large shadow of small probability does not stand for a smaller, sure lesion. A lesion that
    both crops show is taken once, from the crop that shows more of it. It belongs to the side of
    the midline on which its centroid lies, whichever crop shows it; where the midline is unknown
    (one crop only), to the side of its crop.
    """
    regions = [(side, lesion) for side in SIDES for lesion in found.get(side, [])]
    regions.sort(key=lambda region: -region[1].volume_mm3)
    kept: list[Lesion] = []
    result: dict[Side, Lesion] = {}
    for crop_side, lesion in regions:
        if any(_same(lesion, other) for other in kept):
            continue
        kept.append(lesion)
        side = middle.side_of(lesion.centroid_lps) if middle else crop_side
        result[side] = max(result.get(side, lesion), lesion, key=_expected_volume)
    return result


def _expected_volume(lesion: Lesion) -> float:
    return lesion.volume_mm3 * lesion.mean_probability


def _lesion(soft: SoftLabels, mask: NDArray[np.bool_], share: NDArray[np.float32]) -> Lesion:
    voxels, grid = np.argwhere(mask), soft.grid
    return Lesion(
        volume_mm3=len(voxels) * grid.voxel_volume_mm3,
        max_diameter_mm=_max_diameter(voxels) * grid.voxel_mm[0],
        centroid_lps=grid.to_lps(voxels.mean(axis=0)),
        mean_probability=float(share[mask].mean()),
        mask=mask,
        soft=soft,
    )


def _max_diameter(voxels: NDArray[np.int64]) -> float:
    """Largest distance across the surface of a set of voxels, in voxels."""
    low = voxels.min(axis=0)
    block = np.zeros(voxels.max(axis=0) - low + 3, dtype=np.float32)
    block[tuple((voxels - low + 1).T)] = 1.0
    vertices, _, _, _ = marching_cubes(block, 0.5)
    corners = vertices[ConvexHull(vertices).vertices]
    return float(pdist(corners).max())


def _same(smaller: Lesion, larger: Lesion) -> bool:
    """Whether two regions overlap in the patient. Regions of one crop never do."""
    places = smaller.grid.to_lps(np.argwhere(smaller.mask))
    index = np.round(larger.grid.to_index(places)).astype(int)
    inside = ((index >= 0) & (index < np.array(larger.grid.shape))).all(axis=1)
    return float(larger.mask[tuple(index[inside].T)].sum()) >= _SAME_LESION * len(places)
