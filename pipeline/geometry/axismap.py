"""How the axes of one array correspond to those of another that covers the same voxels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.grid import Grid


@dataclass(frozen=True)
class AxisMap:
    """Target axis k is source axis `axes[k]`, read backwards where `reversed_axes[k]`."""

    axes: tuple[int, int, int]
    reversed_axes: tuple[bool, bool, bool]

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """A source array, shape (X, Y, Z), as a view in the order of the target."""
        steps = tuple(slice(None, None, -1 if back else 1) for back in self.reversed_axes)
        return array.transpose(self.axes)[steps]


def axis_map(source: Grid, target: Grid) -> AxisMap | None:
    """The map that carries source arrays to the target; None where axes or shapes do not match."""
    turn = np.linalg.inv(target.affine[:3, :3]) @ source.affine[:3, :3]
    axes = tuple(int(axis) for axis in np.abs(turn).argmax(axis=1))
    if sorted(axes) != [0, 1, 2]:
        return None
    if tuple(source.shape[axis] for axis in axes) != tuple(target.shape):
        return None
    backwards = tuple(bool(turn[k, axis] < 0) for k, axis in enumerate(axes))
    return AxisMap((axes[0], axes[1], axes[2]), (backwards[0], backwards[1], backwards[2]))


def largest_distance_mm(source: Grid, target: Grid, mapping: AxisMap) -> float:
    """How far corresponding voxels of the two grids lie apart at most, in mm.

    Both maps are affine, so the largest distance is found at a corner.
    """
    corners = np.array(list(product(*((0, count - 1) for count in target.shape))), dtype=float)
    beyond = np.array(target.shape) - 1
    read = np.where(mapping.reversed_axes, beyond - corners, corners)
    index = np.empty_like(read)
    index[:, list(mapping.axes)] = read
    return float(np.linalg.norm(source.to_lps(index) - target.to_lps(corners), axis=1).max())
