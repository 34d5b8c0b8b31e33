"""A brain of ellipsoids and tubes, as plain as an anatomist's sketch, in the template's space.

Networks that learn from one template's surfaces may learn the template. Some training subjects have
this brain instead, and a study set of it can show how much a network leans on the template.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Grid
from pipeline.phantom.template import Template, signed_distance, template

Vector = tuple[float, float, float]
_Body = tuple[Vector, Vector]
_Tube = tuple[Vector, Vector, float, float]
_PONS: _Body = ((0.0, 30.0, -32.0), (19.0, 17.0, 16.0))
_HEMISPHERE: _Body = ((28.0, 66.0, -42.0), (30.0, 27.0, 26.0))
_VERMIS: _Body = ((0.0, 62.0, -38.0), (12.0, 20.0, 20.0))
_VENTRICLE: _Body = ((0.0, 46.0, -40.0), (5.0, 4.0, 10.0))
_TEMPORAL: _Body = ((40.0, -6.0, -26.0), (19.0, 22.0, 22.0))
_CEREBRUM: _Body = ((0.0, 5.0, 30.0), (66.0, 85.0, 42.0))
"""Centre and semi-axes, template LPS mm; paired ones on the left. Drawn over the template's."""
_MEDULLA: _Tube = ((0.0, 35.0, -44.0), (0.0, 49.0, -76.0), 10.5, 8.5)
_MIDBRAIN: _Tube = ((0.0, 28.0, -25.0), (0.0, 24.0, 5.0), 13.0, 13.0)
_PEDUNCLE: _Tube = (
    (15.0, 31.0, -36.0),
    (26.0, 52.0, -42.0),
    9.0,
    9.0,
)
"""From, to, and the radius at either end."""
_WHITE_FROM_MM = 4.0
"""Below the surface."""


@cache
def schematic() -> Template:
    """The sketch on the template's grid, made once per process."""
    grid = template().grid
    solid = _field(grid) < 0
    distance = signed_distance(solid)
    white = ndimage.gaussian_filter((distance < -_WHITE_FROM_MM).astype(np.float32), 1.0)
    return Template(grid, distance, white)


def _field(grid: Grid) -> NDArray[np.float32]:
    """Negative within the brain; (i, j, k)."""
    points = _axes(grid)
    bodies = [_ellipsoid(points, *body) for body in (_PONS, _HEMISPHERE, _VERMIS, _TEMPORAL)]
    tubes = [_tube(points, *tube) for tube in (_MEDULLA, _MIDBRAIN, _PEDUNCLE)]
    whole = np.minimum.reduce([*bodies, *tubes, _ellipsoid(points, *_CEREBRUM)])
    return np.asarray(np.maximum(whole, -_ellipsoid(points, *_VENTRICLE)), dtype=np.float32)


def _axes(grid: Grid) -> list[NDArray[np.float32]]:
    """LPS coordinates along each axis of the grid, x without its sign; they broadcast."""
    steps, origin = np.diag(grid.affine)[:3], grid.affine[:3, 3]
    x, y, z = (
        (o + s * np.arange(n)).astype(np.float32)
        for o, s, n in zip(origin, steps, grid.shape, strict=True)
    )
    return [np.abs(x)[:, None, None], y[None, :, None], z[None, None, :]]


def _ellipsoid(points: list[NDArray[np.float32]], centre: Vector, axes: Vector) -> Any:
    scaled = (((p - c) / a) ** 2 for p, c, a in zip(points, centre, axes, strict=True))
    return (np.sqrt(sum(scaled)) - 1.0) * min(axes)


def _tube(
    points: list[NDArray[np.float32]], start: Vector, end: Vector, first_mm: float, last_mm: float
) -> Any:
    course = np.subtract(end, start)
    away = [p - s for p, s in zip(points, start, strict=True)]
    along = sum(a * float(c) for a, c in zip(away, course, strict=True))
    share = np.clip(along / float(course @ course), 0.0, 1.0)
    off = sum((a - share * float(c)) ** 2 for a, c in zip(away, course, strict=True))
    return np.sqrt(off) - (first_mm + (last_mm - first_mm) * share)
