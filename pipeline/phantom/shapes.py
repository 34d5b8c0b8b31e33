"""Solid shapes with exact signed distances: tubes, ellipsoids, and unions of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.phantom.curves import Points, unit

_CHUNK = 8
"""Tube segments handled together: a small box around each chunk keeps the work local."""
_FAR_MM = 9.0
"""Distance where nothing has been painted."""


class Shape(Protocol):
    """Anything that can be painted."""

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper corner in LPS mm."""

    def paint(self, window: Window) -> None:
        """Lower the window's distance field to this shape's where it is nearer."""


@dataclass(frozen=True, eq=False)
class Window:
    """Part of a grid with axes along LPS, on any torch device.

    x, y, z: voxel centre coordinates in mm along each axis.
    distance_mm: signed distance to the nearest painted shape, shape (len x, len y, len z).
    It is exact up to one voxel beyond the surface, and an upper value farther out.
    value: the painted shape's own parameter there (a tube's brightness along its course).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    distance_mm: Tensor
    value: Tensor

    @classmethod
    def empty(
        cls,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        z: NDArray[np.float64],
        device: torch.device | str = "cpu",
    ) -> Window:
        """A window in which nothing has been painted: every surface is far away."""
        size = (len(x), len(y), len(z))
        far = torch.full(size, _FAR_MM, device=device)
        return cls(x, y, z, far, torch.zeros(size, device=device))

    @property
    def spacing_mm(self) -> float:
        """Distance between voxel centres; 1 where the window is one voxel thin."""
        return float(self.x[1] - self.x[0]) if len(self.x) > 1 else 1.0

    def part(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Window | None:
        """The sub-window between two corners (views into this one), None when empty."""
        slices = []
        for axis, lower, upper in zip((self.x, self.y, self.z), low, high, strict=True):
            first, last = np.searchsorted(axis, (lower, upper))
            if first >= last:
                return None
            slices.append(slice(int(first), int(last)))
        i, j, k = slices
        return Window(
            self.x[i], self.y[j], self.z[k], self.distance_mm[i, j, k], self.value[i, j, k]
        )

    def offsets(self, origin: NDArray[np.float64]) -> tuple[Tensor, Tensor, Tensor]:
        """Voxel coordinates from an origin, shaped to broadcast over the window."""
        x, y, z = (
            torch.as_tensor(axis - at, dtype=torch.float32, device=self.distance_mm.device)
            for axis, at in zip((self.x, self.y, self.z), origin, strict=True)
        )
        return x[:, None, None], y[None, :, None], z[None, None, :]

    def lower(self, distance: Tensor | NDArray[np.float32], value: float) -> None:
        """Keep the smaller of the held and the given distance, and its value."""
        given = torch.as_tensor(distance).to(self.distance_mm)
        self.value.masked_fill_(given < self.distance_mm, value)
        torch.minimum(self.distance_mm, given, out=self.distance_mm)


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
        reach = radii.max() + window.spacing_mm
        local = window.part(points.min(axis=0) - reach, points.max(axis=0) + reach)
        if local is not None:
            local.lower(_nearest_capsule(local, points, radii), float(self.values[chunk].mean()))


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
        local = window.part(low - window.spacing_mm, high + window.spacing_mm)
        if local is not None:
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

    def _distance(self, window: Window) -> Tensor:
        """`distance_at` for the voxels of a window, on its device."""
        x, y, z = window.offsets(self.centre)
        scaled, gradient = torch.zeros(()), torch.zeros(())
        for direction, semi_axis in zip(self.rotation.T, self.semi_axes, strict=True):
            a, b, c = (float(value) for value in direction / semi_axis)
            squared = (a * x + b * y + c * z) ** 2
            scaled = squared + scaled
            gradient = squared / float(semi_axis) ** 2 + gradient
        scaled = scaled.sqrt()
        return scaled * (scaled - 1.0) / gradient.sqrt().clamp(min=1e-6)


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


def _nearest_capsule(window: Window, points: Points, radii: NDArray[np.float64]) -> Tensor:
    """Signed distance to the nearest segment of a polyline with linearly changing radius."""
    origin = points[0]
    x, y, z = (axis[None] for axis in window.offsets(origin))
    start = _columns(points[:-1] - origin, x.device)
    along = _columns(points[1:] - points[:-1], x.device)
    first = _column(radii[:-1], x.device)
    growth = _column(np.diff(radii), x.device)
    squared = _sum_of_squares(along).clamp(min=1e-12)
    dx, dy, dz = x - start[0], y - start[1], z - start[2]
    travelled = dx * along[0] + dy * along[1] + dz * along[2]
    fraction = (travelled / squared).clamp_(0.0, 1.0)
    apart = (dx * dx + dy * dy) + dz * dz + fraction * (fraction * squared - 2.0 * travelled)
    distance = apart.clamp_(min=0.0).sqrt_() - (first + fraction * growth)
    return distance.amin(dim=0)


def _sum_of_squares(components: Sequence[Tensor]) -> Tensor:
    """Squared length of a vector given by its three components."""
    x, y, z = components
    return x * x + y * y + z * z


def _columns(vectors: Points, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The three components of vectors (n, 3), each (n, 1, 1, 1)."""
    x, y, z = (_column(component, device) for component in vectors.T)
    return x, y, z


def _column(values: NDArray[np.float64], device: torch.device) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32, device=device)[:, None, None, None]
