"""Solid shapes with exact signed distances: tubes, ellipsoids, and unions of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import Points, unit

_CHUNK = 8
"""Tube segments handled together: a small box around each chunk keeps the work local."""


class Shape(Protocol):
    """Anything that can be painted."""

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper corner in LPS mm."""

    def paint(self, window: Window) -> None:
        """Lower the window's distance field to this shape's where it is nearer."""


@dataclass(frozen=True, eq=False)
class Window:
    """Part of a grid with axes along LPS.

    x, y, z: voxel centre coordinates in mm along each axis.
    distance_mm: signed distance to the nearest painted shape, shape (len x, len y, len z).
    value: the painted shape's own parameter there (a tube's brightness along its course).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    distance_mm: NDArray[np.float32]
    value: NDArray[np.float32]

    def part(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Window | None:
        """The sub-window between two corners (views into this one), None when empty."""
        slices = []
        for axis, lower, upper in zip((self.x, self.y, self.z), low, high, strict=True):
            first, last = np.searchsorted(axis, (lower, upper))
            if first >= last:
                return None
            slices.append(slice(first, last))
        i, j, k = slices
        return Window(
            self.x[i], self.y[j], self.z[k], self.distance_mm[i, j, k], self.value[i, j, k]
        )

    def lower(self, distance: NDArray[np.float32], value: NDArray[np.float32] | float) -> None:
        """Keep the smaller of the held and the given distance, and its value."""
        nearer = distance < self.distance_mm
        np.copyto(self.distance_mm, distance, where=nearer)
        np.copyto(self.value, value, where=nearer)


@dataclass(frozen=True, eq=False)
class Tube:
    """A tube of varying radius around a polyline.

    points: (N, 3) LPS mm. radii: (N,) mm. values: (N,) brightness along the course.
    """

    points: Points
    radii: NDArray[np.float64]
    values: NDArray[np.float64]

    @classmethod
    def plain(cls, points: Points, radius_mm: float | NDArray[np.float64]) -> Tube:
        """A tube whose brightness does not change along its course."""
        radii = np.broadcast_to(np.asarray(radius_mm, dtype=np.float64), (len(points),)).copy()
        return cls(points, radii, np.ones(len(points)))

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        reach = self.radii.max()
        return self.points.min(axis=0) - reach, self.points.max(axis=0) + reach

    def paint(self, window: Window) -> None:
        for first in range(0, len(self.points) - 1, _CHUNK):
            last = min(first + _CHUNK, len(self.points) - 1)
            self._paint_chunk(window, slice(first, last + 1))

    def _paint_chunk(self, window: Window, chunk: slice) -> None:
        points, radii = self.points[chunk], self.radii[chunk]
        reach = radii.max() + 0.8
        local = window.part(points.min(axis=0) - reach, points.max(axis=0) + reach)
        if local is None:
            return
        best = np.full(local.distance_mm.shape, np.inf, dtype=np.float32)
        for start, end, r0, r1 in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True):
            np.minimum(best, _capsule(local, start, end, r0, r1), out=best)
        local.lower(best, float(self.values[chunk].mean()))


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """centre: LPS mm. semi_axes: mm along the columns of `rotation` (3x3)."""

    centre: NDArray[np.float64]
    semi_axes: NDArray[np.float64]
    rotation: NDArray[np.float64]

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        reach = np.sqrt(((self.rotation * self.semi_axes) ** 2).sum(axis=1))
        return self.centre - reach, self.centre + reach

    def paint(self, window: Window) -> None:
        low, high = self.bounds()
        local = window.part(low - 0.8, high + 0.8)
        if local is None:
            return
        local.lower(self._distance(local), 1.0)

    def distance_at(self, points: Points) -> NDArray[np.float64]:
        """Approximate signed distance of points (..., 3), exact to first order at the surface."""
        relative = (points - self.centre) @ self.rotation
        scaled = np.linalg.norm(relative / self.semi_axes, axis=-1)
        gradient = np.linalg.norm(relative / self.semi_axes**2, axis=-1)
        return np.asarray(scaled * (scaled - 1.0) / np.maximum(gradient, 1e-6))

    def exact_distance_at(self, points: Points) -> NDArray[np.float64]:
        """Signed distance of points (N, 3), to 1e-6 mm, by bisection for the foot of each (Eberly).

        Points within the ellipsoid get the first-order value: only whether they are inside counts.
        """
        relative = np.abs((points - self.centre) @ self.rotation)
        squared = self.semi_axes**2
        low = np.zeros(len(points))
        high = np.linalg.norm(relative, axis=1) * self.semi_axes.max()
        for _ in range(60):
            middle = 0.5 * (low + high)
            reach = ((self.semi_axes * relative / (middle[:, None] + squared)) ** 2).sum(axis=1)
            low, high = np.where(reach > 1.0, middle, low), np.where(reach > 1.0, high, middle)
        foot = squared * relative / (high[:, None] + squared)
        outside = ((relative / self.semi_axes) ** 2).sum(axis=1) > 1.0
        exact = np.linalg.norm(relative - foot, axis=1)
        return np.where(outside, exact, self.distance_at(points))

    def clearance(self, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Signed distance and outward direction, for `curves.keep_clear`."""
        return self.distance_at(points), unit(points - self.centre)

    def _distance(self, window: Window) -> NDArray[np.float32]:
        mesh = np.stack(np.meshgrid(window.x, window.y, window.z, indexing="ij"), axis=-1)
        return self.distance_at(mesh).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Union:
    """Several shapes painted as one."""

    parts: Sequence[Shape]

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        corners = [part.bounds() for part in self.parts]
        low = np.min([c[0] for c in corners], axis=0)
        return low, np.max([c[1] for c in corners], axis=0)

    def paint(self, window: Window) -> None:
        for part in self.parts:
            part.paint(window)


def _capsule(
    window: Window,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    start_radius: float,
    end_radius: float,
) -> NDArray[np.float32]:
    """Signed distance to a segment with linearly changing radius."""
    along = end - start
    squared = max(float(along @ along), 1e-12)
    dx = (window.x - start[0]).astype(np.float32)[:, None, None]
    dy = (window.y - start[1]).astype(np.float32)[None, :, None]
    dz = (window.z - start[2]).astype(np.float32)[None, None, :]
    ax, ay, az = (np.float32(value) for value in along)
    fraction = np.clip((dx * ax + dy * ay + dz * az) / np.float32(squared), 0.0, 1.0)
    distance = np.sqrt(
        (dx - fraction * ax) ** 2 + (dy - fraction * ay) ** 2 + (dz - fraction * az) ** 2
    )
    radius = np.float32(start_radius) + fraction * np.float32(end_radius - start_radius)
    return np.asarray(distance - radius, dtype=np.float32)
