"""Masses of the cerebellopontine angle and saccular aneurysms.

Mix and sizes: clinical.md B (schwannoma about 80 % of the masses, Koos I-IV, 3-35 mm).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.curves import arc_length, perpendicular, tangents, unit
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.shapes import Ellipsoid, Shape, Tube, Union
from pipeline.phantom.skull import Canal
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel


@dataclass(frozen=True, eq=False)
class Lesion:
    """kind: word for the record. bodies: the parts that nerves and vessels must go around."""

    kind: str
    tissue: Tissue
    shape: Shape
    bodies: tuple[Ellipsoid, ...]


def schwannoma(canal: Canal, sign: float, rng: np.random.Generator) -> Lesion:
    """Fills part of the canal; in most also a ball in the cistern ("ice cream on its cone")."""
    depth = rng.uniform(0.4, 1.0)
    inside = canal.axis[6 : 8 + round(depth * 16)]
    radii = 0.92 * canal.radius_mm[6 : 8 + round(depth * 16)]
    parts: list[Shape] = [Tube(inside, radii, np.ones(len(inside)))]
    bodies: tuple[Ellipsoid, ...] = ()
    if rng.random() > 0.25:
        radius = float(np.exp(rng.uniform(np.log(2.5), np.log(10.0))))
        towards = unit(
            [-sign * 0.8, 0.45 + 0.2 * rng.standard_normal(), 0.2 * rng.standard_normal()]
        )
        centre = canal.porus + towards * 0.72 * radius
        bodies = (_blob(centre, radius, 0.15, rng),)
        parts.append(bodies[0])
    return Lesion("vestibular_schwannoma", Tissue.SCHWANNOMA, Union(parts), bodies)


def meningioma(
    canal: Canal, sign: float, face_angle_rad: float, rng: np.random.Generator
) -> Lesion:
    """A broad-based dome on the posterior petrous face, beside the porus."""
    along = np.array([sign * np.sin(face_angle_rad), np.cos(face_angle_rad), 0.0])
    inward = np.array([-sign * np.cos(face_angle_rad), np.sin(face_angle_rad), 0.0])
    radius = rng.uniform(4.0, 9.0)
    shift = rng.choice([-1.0, 1.0], p=[0.35, 0.65]) * (0.7 * radius + rng.uniform(1.0, 4.0))
    centre = canal.porus + along * shift + np.array([0.0, 0.0, rng.normal(0.0, 3.0)])
    rotation = np.stack([along, inward, [0.0, 0.0, 1.0]], axis=1)
    body = Ellipsoid(centre, np.array([radius, 0.75 * radius, radius]), rotation)
    return Lesion("meningioma", Tissue.MENINGIOMA, body, (body,))


def epidermoid(canal: Canal, sign: float, rng: np.random.Generator) -> Lesion:
    """A lobulated mass of near-CSF brightness in the cistern."""
    centre = canal.porus + np.array(
        [-sign * rng.uniform(4.0, 7.0), rng.uniform(1.0, 4.0), rng.normal(-2.0, 3.0)]
    )
    parts = tuple(
        _blob(centre + rng.normal(0.0, 2.5, 3), rng.uniform(3.0, 5.5), 0.25, rng) for _ in range(4)
    )
    return Lesion("epidermoid", Tissue.EPIDERMOID, Union(parts), ())


def saccular_aneurysm(
    parent: Vessel, near: NDArray[np.float64], rng: np.random.Generator
) -> Lesion:
    """A sac of 2.5-10 mm with a neck, on the parent's wall at the place nearest to `near`."""
    tube = parent.tube
    length = arc_length(tube.points)
    inside = np.abs(tube.points[:, 2] - near[2]) < 12.0
    usable = (length > 2.0) & (length < length[-1] - 2.0) & inside
    if not usable.any():
        raise ImpossibleAnatomyError("the parent vessel does not come near enough")
    distance = np.linalg.norm(tube.points - near, axis=1) + rng.uniform(0.0, 6.0, len(length))
    at = int(np.argmin(np.where(usable, distance, np.inf)))
    radius = float(np.exp(rng.uniform(np.log(1.4), np.log(4.5))))
    outward = perpendicular(
        near - tube.points[at] + rng.normal(0.0, 2.0, 3), tangents(tube.points)[at]
    )
    centre = tube.points[at] + outward * (tube.radii[at] + 0.82 * radius)
    body = _blob(centre, radius, 0.12, rng)
    neck_radius = min(0.7 * radius, 1.6)
    start = tube.points[at] + outward * 0.8 * tube.radii[at]
    neck = Tube.plain(np.stack([start, centre]), neck_radius)
    return Lesion("saccular", Tissue.ANEURYSM, Union([neck, body]), (body,))


def _blob(
    centre: NDArray[np.float64], radius: float, spread: float, rng: np.random.Generator
) -> Ellipsoid:
    axes = radius * np.clip(rng.normal(1.0, spread, 3), 0.7, 1.4)
    return Ellipsoid(
        np.asarray(centre, dtype=np.float64), axes, Rotation.random(rng=rng).as_matrix()
    )
