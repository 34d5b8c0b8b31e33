"""Soft labels of analytic shapes: exact voxel fractions on the crop's grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.geometry import Grid, side_crop
from pipeline.geometry.grid import Side
from pipeline.measure.soft_labels import SoftLabels
from pipeline.records.labels import Label

Points = NDArray[np.float64]
SPACING_MM = 0.4


@dataclass(frozen=True, eq=False)
class Shape:
    """distance: signed mm (negative inside) of crop-mm points (N, 3). low, high: its box."""

    distance: Callable[[Points], NDArray[np.float64]]
    low: Points
    high: Points


def tube(course: Points, radius: float, *, rounded: bool = False) -> Shape:
    """A tube along a densely sampled course, with flat ends or half-spheres beyond them."""
    tree = cKDTree(course)
    tangents = np.gradient(course, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)

    def distance(points: Points) -> NDArray[np.float64]:
        away, nearest = tree.query(points)
        if rounded:
            return away - radius
        offset = points - course[nearest]
        along = (offset * tangents[nearest]).sum(axis=1)
        across = np.linalg.norm(offset - along[:, None] * tangents[nearest], axis=1)
        last = len(course) - 1
        cap = np.where(nearest == 0, -along, np.where(nearest == last, along, -np.inf))
        return np.maximum(across - radius, cap)

    return Shape(distance, course.min(axis=0) - radius, course.max(axis=0) + radius)


def ball(centre: Points, radius: float) -> Shape:
    centre = np.asarray(centre, dtype=np.float64)
    return Shape(
        lambda points: np.linalg.norm(points - centre, axis=1) - radius,
        centre - radius,
        centre + radius,
    )


def straight(start: Points, end: Points, step: float = 0.02) -> Points:
    """Points on a line every 0.02 mm."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    count = max(2, round(float(np.linalg.norm(end - start)) / step) + 1)
    return start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)


def fractions(shape: Shape, count: int, parts: int = 5, spacing_mm: float = SPACING_MM) -> Points:
    """Share of each voxel inside the shape: 0 or 1 far from its surface, counted near it."""
    low = np.clip(np.floor(shape.low / spacing_mm).astype(int) - 2, 0, count)
    high = np.clip(np.ceil(shape.high / spacing_mm).astype(int) + 3, 0, count)
    result = np.zeros((count,) * 3)
    block = tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))
    size = result[block].shape
    if 0 in size:
        return result
    centres = (np.moveaxis(np.indices(size), 0, -1).reshape(-1, 3) + low) * spacing_mm
    signed = shape.distance(centres)
    share = (signed < 0).astype(np.float64)
    near = np.abs(signed) < 0.5 * spacing_mm * np.sqrt(3)
    inside = (np.arange(parts) + 0.5) / parts - 0.5
    offsets = np.stack(np.meshgrid(inside, inside, inside, indexing="ij"), -1).reshape(-1, 3)
    fine = centres[near][:, None] + offsets * spacing_mm
    within = shape.distance(fine.reshape(-1, 3)).reshape(fine.shape[:2]) < 0
    share[near] = within.mean(axis=1)
    result[block] = share.reshape(size)
    return result


@dataclass
class Scene:
    """Shapes by label on a cubic crop of `count` voxels; later shapes give way to earlier ones."""

    count: int = 70
    spacing_mm: float = SPACING_MM
    shapes: list[tuple[Label, Shape]] = field(default_factory=list)

    def add(self, label: Label, shape: Shape) -> Scene:
        self.shapes.append((label, shape))
        return self

    def probabilities(self) -> NDArray[np.float64]:
        """Shares (9, N, N, N) that sum to 1."""
        shares = np.zeros((len(Label), self.count, self.count, self.count))
        for label, shape in self.shapes:
            free = 1.0 - shares.sum(axis=0)
            inside = fractions(shape, self.count, spacing_mm=self.spacing_mm)
            shares[label] += np.minimum(inside, free)
        shares[Label.OTHER] = 1.0 - shares.sum(axis=0)
        return shares

    def soft_labels(self, side: Side = "right", variants: int = 1) -> SoftLabels:
        return as_soft_labels(
            [self.probabilities()] * variants, crop_grid(self.count, side, self.spacing_mm)
        )


def as_soft_labels(shares: list[NDArray[np.float64]], grid: Grid) -> SoftLabels:
    encoded = np.stack([np.round(255 * share) for share in shares]).astype(np.uint8)
    return SoftLabels(encoded, grid)


def crop_grid(count: int, side: Side, spacing_mm: float = SPACING_MM) -> Grid:
    """A side's crop as the product makes it, centred 12 mm from the midline."""
    sign = 1.0 if side == "left" else -1.0
    return side_crop((sign * 12.0, -20.0, -35.0), side, count * spacing_mm, spacing_mm)
