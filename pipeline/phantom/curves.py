"""Curves in space: splines, arc length, frames, distances, and keeping clear of obstacles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator, make_interp_spline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

Points = NDArray[np.float64]
Clearance = Callable[[Points], tuple[NDArray[np.float64], Points]]
"""Signed distance (mm, negative inside) of points to an obstacle, and the outward direction."""


def smooth_curve(control: ArrayLike, spacing_mm: float = 0.25) -> Points:
    """A smooth curve through control points (N, 3), sampled evenly; shape (M, 3)."""
    points = np.asarray(control, dtype=np.float64)
    parameter = np.concatenate([[0.0], np.cumsum(_steps(points) ** 0.7)])
    if len(points) < 4:
        spline = PchipInterpolator(parameter, points)
    else:
        spline = make_interp_spline(parameter, points, k=3)
    fine = spline(np.linspace(0.0, parameter[-1], 40 * len(points)))
    return evenly(fine, spacing_mm)


def evenly(points: Points, spacing_mm: float) -> Points:
    """The same polyline with points at (nearly) equal arc length; both ends are kept."""
    length = arc_length(points)
    count = max(2, round(length[-1] / spacing_mm) + 1)
    wanted = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(wanted, length, points[:, axis]) for axis in range(3)], axis=1)


def arc_length(points: Points) -> NDArray[np.float64]:
    """Arc length in mm from the first point to each point; shape (N,)."""
    return np.concatenate([[0.0], np.cumsum(_steps(points))])


def at_length(points: Points, s_mm: float) -> Points:
    """The point at an arc length (clipped to the curve); shape (3,)."""
    length = arc_length(points)
    return np.array([np.interp(s_mm, length, points[:, axis]) for axis in range(3)])


def tangents(points: Points) -> Points:
    """Unit tangents at every point; shape (N, 3)."""
    return unit(np.gradient(points, axis=0))


def unit(vectors: ArrayLike) -> Points:
    """Vectors scaled to length one (zero stays zero)."""
    array = np.asarray(vectors, dtype=np.float64)
    norm = np.linalg.norm(array, axis=-1, keepdims=True)
    return array / np.where(norm > 0, norm, 1.0)


def perpendicular(vector: ArrayLike, to: ArrayLike) -> Points:
    """The unit part of `vector` that is perpendicular to the unit vector `to`."""
    along = np.asarray(to, dtype=np.float64)
    array = np.asarray(vector, dtype=np.float64)
    return unit(array - np.dot(array, along) * along)


def wander(
    points: Points, amplitude_mm: float, scale_mm: float, rng: np.random.Generator
) -> Points:
    """The curve displaced by smooth random noise that vanishes at both ends."""
    spacing = max(float(np.mean(_steps(points))), 1e-6)
    noise = rng.standard_normal(points.shape)
    smooth = gaussian_filter1d(noise, scale_mm / spacing, axis=0, mode="reflect")
    smooth /= max(float(smooth.std()), 1e-9)
    fade = np.sin(np.linspace(0.0, np.pi, len(points)))[:, None]
    return np.asarray(points + amplitude_mm * fade * smooth)


def keep_clear(
    points: Points,
    radii: NDArray[np.float64],
    obstacles: Sequence[Clearance],
    *,
    margin_mm: float = 0.1,
    fixed: NDArray[np.bool_] | None = None,
    rounds: int = 12,
) -> Points:
    """Push a tube's centreline out of obstacles, smoothing in between.

    fixed: points that must not move. The result may still touch an obstacle where the fixed
    points or a narrow place leave no room.
    """
    moved = points.copy()
    free = np.ones(len(points), dtype=bool) if fixed is None else ~fixed
    free[[0, -1]] = False
    for _ in range(rounds):
        shift = np.zeros_like(moved)
        for obstacle in obstacles:
            distance, outward = obstacle(moved)
            depth = np.maximum(radii + margin_mm - distance, 0.0)
            shift += depth[:, None] * outward
        if not (np.abs(shift[free]) > 0.02).any():
            break
        moved[free] += shift[free]
        relaxed = gaussian_filter1d(moved, 2.5, axis=0, mode="nearest")
        moved[free] = relaxed[free]
    return moved


def distance_between(
    first: Points,
    first_radii: NDArray[np.float64],
    second: Points,
    second_radii: NDArray[np.float64],
) -> tuple[float, int, int]:
    """Smallest surface distance between two tubes and the point indices where it lies.

    Exact for the polylines' segments on the second curve and the points of the first; with a
    spacing of 0.1 mm the discretisation is below 0.002 mm for the curvatures used here.
    """
    start, end = second[:-1], second[1:]
    along = end - start
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    relative = first[:, None, :] - start[None]
    fraction = np.clip((relative * along).sum(axis=2) / squared, 0.0, 1.0)
    nearest = start[None] + fraction[..., None] * along[None]
    centre = np.linalg.norm(first[:, None, :] - nearest, axis=2)
    radius = second_radii[:-1] + fraction * np.diff(second_radii)[None]
    gap = centre - first_radii[:, None] - radius
    i, j = np.unravel_index(int(np.argmin(gap)), gap.shape)
    return float(gap[i, j]), int(i), int(j)


def _steps(points: Points) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(np.diff(points, axis=0), axis=1))


def around(points: Points, radii: NDArray[np.float64], extra_mm: float = 0.0) -> Clearance:
    """The clearance to a tube widened by `extra_mm`, as an obstacle for `keep_clear`."""
    tree = cKDTree(points)

    def clearance(others: Points) -> tuple[NDArray[np.float64], Points]:
        distance, nearest = tree.query(others)
        outward = unit(others - points[nearest])
        return distance - radii[nearest] - extra_mm, outward

    return clearance
