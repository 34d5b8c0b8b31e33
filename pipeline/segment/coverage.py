"""Which sequences show the surroundings of a root exit zone, wherever their slabs may lie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.records.base import Point
from pipeline.records.volumes import ImageRole
from pipeline.segment.sampling import PlacedVolume

_AROUND_MM, _STEP_MM = 12.0, 2.0
"""The part in which nerve and vessels are judged."""
_ENOUGH = 0.9
"""Share of it that lies in the images: a slab may end some 7 mm from the root exit zone."""


def covering(rez_lps_mm: Point, volumes: Mapping[ImageRole, PlacedVolume]) -> tuple[ImageRole, ...]:
    """The roles whose images hold the surroundings of a root exit zone."""
    places = np.asarray(rez_lps_mm) + _ball(_AROUND_MM, _STEP_MM)
    return tuple(role for role, placed in volumes.items() if _is_inside(places, placed))


def _is_inside(places: NDArray[np.float64], placed: PlacedVolume) -> bool:
    bridge = placed.reference_to_volume_lps
    moved = places @ bridge[:3, :3].T + bridge[:3, 3]
    return float(placed.volume.grid.contains(moved).mean()) >= _ENOUGH


def _ball(radius_mm: float, step_mm: float) -> NDArray[np.float64]:
    """Points (N, 3) of a regular lattice within a radius of 0."""
    line = np.arange(-radius_mm, radius_mm + step_mm / 2, step_mm)
    lattice = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(lattice[np.linalg.norm(lattice, axis=1) <= radius_mm])
