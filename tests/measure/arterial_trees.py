"""Trees of arteries of known course and width, in the crops of both sides."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from pipeline.geometry import side_crop
from pipeline.geometry.grid import Side
from pipeline.measure.lesions import Midline
from pipeline.measure.soft_labels import SoftLabels
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

from .rendering import Points, straight

VOXEL_MM = 0.6
JUNCTION, TOP = np.array([0.0, 16.0, -47.0]), np.array([1.0, 13.0, -20.0])
ENTRY: dict[Side, Points] = {
    "left": np.array([12.0, 30.0, -66.0]),
    "right": np.array([-12.0, 30.0, -66.0]),
}
EXITS: dict[Side, Points] = {
    "left": np.array([11.0, 22.0, -47.0]),
    "right": np.array([-11.0, 22.0, -47.0]),
}
MIDDLE = Midline(np.array([0.0, 25.0, -42.0]), np.array([1.0, 0.0, 0.0]))
CROP_CENTRE: dict[Side, Points] = {
    "left": np.array([18.0, 22.0, -43.0]),
    "right": np.array([-18.0, 22.0, -43.0]),
}


def bent(start: Points, over: Points, end: Points) -> Points:
    return np.concatenate([straight(start, over, 0.05)[:-1], straight(over, end, 0.05)])


def tree_of(**widths: float) -> list[tuple[Points, float]]:
    """Courses with radii: both vertebral arteries and the basilar artery, a branch from each."""
    parts = [(straight(ENTRY[side], JUNCTION, 0.05), widths[side] / 2) for side in SIDES]
    parts.append((straight(JUNCTION, TOP, 0.05), widths["BA"] / 2))
    middle = 0.5 * (JUNCTION + TOP)
    parts.append((straight(middle, middle + [10.0, 6.0, -4.0], 0.05), 0.5))
    return parts


def crops_of(parts: list[tuple[Points, float]], midline_x: float = 0.0) -> dict[Side, SoftLabels]:
    return {side: _crop(parts, side, midline_x) for side in SIDES}


def _crop(parts: list[tuple[Points, float]], side: Side, midline_x: float) -> SoftLabels:
    grid = side_crop(CROP_CENTRE[side] + [midline_x, 0.0, 0.0], side, 48.0, VOXEL_MM)
    places = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1)).reshape(-1, 3)
    away = np.min(
        [cKDTree(c).query(places, distance_upper_bound=6.0)[0] - r for c, r in parts], axis=0
    )
    share = np.clip(0.5 - away / VOXEL_MM, 0.0, 1.0).reshape(grid.shape)
    labels = np.zeros((1, len(Label), *grid.shape), dtype=np.uint8)
    labels[0, Label.ARTERY] = np.round(255 * share)
    labels[0, Label.OTHER] = 255 - labels[0, Label.ARTERY]
    return SoftLabels(labels, grid)
