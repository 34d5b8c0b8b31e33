"""One subject's brain: the template scaled and smoothly deformed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Grid
from pipeline.phantom.curves import Points, unit
from pipeline.phantom.template import brainstem_limits_mm, template

_KNOT_MM = 22.0
"""Spacing of the random displacements: about the size of the pons."""
_FINE = 5
"""The displacements are refined this many times by cubic splines, then read linearly."""


class ImpossibleAnatomyError(Exception):
    """A random draw made no possible anatomy; another draw is taken."""


@dataclass(frozen=True, eq=False)
class SubjectBrain:
    """Maps a subject's space (LPS mm) into the template and reads its surfaces there.

    scale: size along the three axes, 1 as in the template.
    shifts_mm: smooth displacements on `shifts_grid`, shape (3, a, b, c).
    """

    scale: NDArray[np.float64]
    shifts_mm: NDArray[np.float32]
    shifts_grid: Grid

    @classmethod
    def random(cls, rng: np.random.Generator, amplitude_mm: float) -> SubjectBrain:
        """A brain of random size and shape; `amplitude_mm` is the spread of the displacement."""
        size = rng.normal(1.0, 0.035)
        scale = size * (1.0 + rng.normal(0.0, 0.025, 3))
        knots = rng.normal(0.0, amplitude_mm, (3, 12, 12, 8)).astype(np.float32)
        zoom = [(_FINE * (n - 1) + 1) / n for n in knots.shape[1:]]
        shifts = np.stack([ndimage.zoom(knot, zoom, order=3) for knot in knots])
        affine = np.diag([_KNOT_MM / _FINE] * 3 + [1.0])
        affine[:3, 3] = (-121.0, -90.0, -100.0)
        return cls(scale, shifts, Grid(shifts.shape[1:], affine))

    def to_template(self, points: Points) -> Points:
        """Template LPS of subject LPS points (..., 3)."""
        index = np.moveaxis(self.shifts_grid.to_index(points), -1, 0)
        shift = [ndimage.map_coordinates(m, index, order=1, mode="nearest") for m in self.shifts_mm]
        return np.asarray(points / self.scale + np.stack(shift, axis=-1))

    def brain_mm(self, points: Points) -> NDArray[np.float64]:
        """Approximate signed distance to brain tissue, negative inside; points (..., 3)."""
        return _read(template().brain_mm, self.to_template(points), outside=60.0)

    def fields(self, points: Points) -> tuple[NDArray[np.float64], ...]:
        """(brain_mm, brainstem_mm, white matter share) at subject points."""
        inside = self.to_template(points)
        brain = _read(template().brain_mm, inside, outside=60.0)
        white = _read(template().white, inside, outside=0.0)
        return brain, np.maximum(brain, brainstem_limits_mm(inside)), white

    def clearance(self, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Signed distance to the brain and its outward direction, for `keep_clear`."""
        step = 0.4
        offsets = np.concatenate([np.zeros((1, 3)), step * np.eye(3), -step * np.eye(3)])
        values = self.brain_mm(points[None] + offsets[:, None])
        gradient = (values[1:4] - values[4:7]) / (2 * step)
        return values[0], unit(gradient.T)

    def surface_behind(self, x: float, z: float, start_y: float) -> Points:
        """First brain surface met from `start_y` going backwards (+y) at a given x and z."""
        y = np.arange(start_y, start_y + 80.0, 0.1)
        ray = np.stack([np.full_like(y, x), y, np.full_like(y, z)], axis=1)
        inside = self.brain_mm(ray) < 0
        if not inside.any():
            raise ImpossibleAnatomyError(f"no brain behind x={x:.1f} mm, z={z:.1f} mm")
        return np.asarray(ray[int(np.argmax(inside))])


def _read(field: NDArray[np.float32], points: Points, outside: float) -> NDArray[np.float64]:
    index = np.moveaxis(template().grid.to_index(points), -1, 0)
    values = ndimage.map_coordinates(field, index, order=1, mode="constant", cval=outside)
    return np.asarray(values, dtype=np.float64)
