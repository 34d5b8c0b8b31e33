"""One subject's brain: the template scaled and smoothly deformed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import make_interp_spline

from pipeline.geometry import Grid
from pipeline.phantom.curves import Points, unit
from pipeline.phantom.template import Template, brainstem_limits_mm, template

_KNOT_MM = 22.0
"""Spacing of the random displacements: about the size of the pons."""
_FINE = 5
"""The displacements are refined this many times by cubic splines, then read linearly."""


class ImpossibleAnatomyError(Exception):
    """A random draw made no possible anatomy; another draw is taken."""


@dataclass(frozen=True, eq=False)
class SubjectBrain:
    """Maps a subject's space (LPS mm) into a template and reads its surfaces there.

    base: the template. scale: size along the three axes, 1 as in the template.
    shifts_mm: smooth displacements on `shifts_grid`, shape (3, a, b, c).
    """

    base: Template
    scale: NDArray[np.float64]
    shifts_mm: NDArray[np.float32]
    shifts_grid: Grid

    @classmethod
    def random(
        cls, rng: np.random.Generator, amplitude_mm: float, base: Template | None = None
    ) -> SubjectBrain:
        """A brain of random size and shape; `amplitude_mm` is the spread of the displacement.

        base: the MNI template where it is None.
        """
        size = rng.normal(1.0, 0.035)
        scale = size * (1.0 + rng.normal(0.0, 0.025, 3))
        knots = rng.normal(0.0, amplitude_mm, (3, 12, 12, 8)).astype(np.float32)
        shifts: NDArray[np.float64] = knots.astype(np.float64)
        for axis in (1, 2, 3):
            shifts = np.moveaxis(
                np.tensordot(_refining(shifts.shape[axis]), shifts, (1, axis)), 0, axis
            )
        affine = np.diag([_KNOT_MM / _FINE] * 3 + [1.0])
        affine[:3, 3] = (-121.0, -90.0, -100.0)
        grid = Grid(shifts.shape[1:], affine)
        return cls(base or template(), scale, shifts.astype(np.float32), grid)

    def to_template(self, points: Points) -> Points:
        """Template LPS of subject LPS points (..., 3)."""
        index = _index(self.shifts_grid, points)
        shift = [ndimage.map_coordinates(m, index, order=1, mode="nearest") for m in self.shifts_mm]
        return np.asarray(points / self.scale + np.stack(shift, axis=-1))

    def brain_mm(self, points: Points) -> NDArray[np.float64]:
        """Approximate signed distance to brain tissue, negative inside; points (..., 3)."""
        return _read(self.base, self.base.brain_mm, self.to_template(points), outside=60.0)

    def fields(self, points: Points) -> tuple[NDArray[np.float64], ...]:
        """(brain_mm, brainstem_mm, white matter share) at subject points."""
        inside = self.to_template(points)
        brain = _read(self.base, self.base.brain_mm, inside, outside=60.0)
        white = _read(self.base, self.base.white, inside, outside=0.0)
        return brain, np.maximum(brain, brainstem_limits_mm(inside)), white

    def clearance(self, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Signed distance to the brain and its outward direction, for `keep_clear`."""
        return with_direction(self.brain_mm, points)

    def surface_behind(self, x: float, z: float, start_y: float) -> Points:
        """First brain surface met from `start_y` going backwards (+y) at a given x and z."""
        return np.asarray(self.surfaces_behind(np.array([x]), np.array([z]), start_y)[0])

    def surfaces_behind(
        self, x: NDArray[np.float64], z: NDArray[np.float64], start_y: float
    ) -> Points:
        """First brain surfaces met from `start_y` going backwards, for many x and z; (N, 3).

        Steps of 1 mm, as the template's grid; between two of them the field is linear.
        """
        y = np.arange(start_y, start_y + 80.0, 1.0)
        ray = np.stack(np.broadcast_arrays(x[:, None], y, z[:, None]), axis=-1)
        field = self.brain_mm(ray)
        entered = (field[:, 1:] < 0) & (field[:, :-1] >= 0)
        first = 1 + np.argmax(entered, axis=1)
        rows = np.arange(len(x))
        if not entered.any(axis=1).all():
            raise ImpossibleAnatomyError(f"no brain surface behind x={x[0]:.1f}, z={z[0]:.1f} mm")
        before, after = field[rows, first - 1], field[rows, first]
        depth = y[first - 1] + before / (before - after)
        return np.asarray(np.stack([x, depth, z], axis=1))


def with_direction(
    field: Callable[[Points], NDArray[np.float64]], points: Points
) -> tuple[NDArray[np.float64], Points]:
    """A distance field at points and its unit gradient; zero where the distance is above 5 mm.

    No tube is thicker than that, so nothing is pushed there, and the gradient costs most.
    """
    distance = field(points)
    outward = np.zeros_like(points)
    near = distance < 5.0
    if near.any():
        steps = 0.4 * np.concatenate([np.eye(3), -np.eye(3)])
        values = field(points[near][None] + steps[:, None])
        outward[near] = unit((values[:3] - values[3:]).T)
    return distance, outward


@cache
def _refining(knots: int) -> NDArray[np.float64]:
    """Matrix of cubic spline interpolation from knots to _FINE times as many places."""
    places = np.linspace(0.0, knots - 1.0, _FINE * (knots - 1) + 1)
    return np.asarray(make_interp_spline(np.arange(knots), np.eye(knots), k=3)(places))


def _read(
    base: Template, field: NDArray[np.float32], points: Points, outside: float
) -> NDArray[np.float64]:
    index = _index(base.grid, points)
    values = ndimage.map_coordinates(field, index, order=1, mode="constant", cval=outside)
    return np.asarray(values, dtype=np.float64)


def _index(grid: Grid, points: Points) -> NDArray[np.float64]:
    """Voxel coordinates (3, ...) on a grid whose axes run along LPS; quicker than the general."""
    steps, origin = np.diag(grid.affine)[:3], grid.affine[:3, 3]
    return np.moveaxis((points - origin) / steps, -1, 0)
