"""Masses of the cerebellopontine angle.

Mix: schwannoma about 80 % (radiopaedia). Sizes: Koos I-IV, 3-35 mm (textbook values).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.curves import unit
from pipeline.phantom.lesion import Lesion
from pipeline.phantom.priors import Mass
from pipeline.phantom.shapes import Ellipsoid, Shape, Tube, Union
from pipeline.phantom.skull import Canal
from pipeline.phantom.tissues import Tissue


def random_mass(
    kind: Mass | None, canal: Canal, sign: float, rng: np.random.Generator
) -> Lesion | None:
    """A mass of the given kind beside or within the canal."""
    if kind is None:
        return None
    make = {
        "schwannoma": schwannoma,
        "meningioma": meningioma,
        "epidermoid": epidermoid,
        "lipoma": lipoma,
    }[kind]
    return make(canal, sign, rng)


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


def meningioma(canal: Canal, sign: float, rng: np.random.Generator) -> Lesion:
    """A broad-based dome of 10-28 mm on the posterior petrous face, beside the porus."""
    face_angle_rad = np.deg2rad(48.0)
    along = np.array([sign * np.sin(face_angle_rad), np.cos(face_angle_rad), 0.0])
    inward = np.array([-sign * np.cos(face_angle_rad), np.sin(face_angle_rad), 0.0])
    radius = rng.uniform(5.0, 14.0)
    shift = rng.choice([-1.0, 1.0], p=[0.35, 0.65]) * (0.7 * radius + rng.uniform(1.0, 4.0))
    centre = canal.porus + along * shift + np.array([0.0, 0.0, rng.normal(0.0, 3.0)])
    rotation = np.stack([along, inward, [0.0, 0.0, 1.0]], axis=1)
    body = Ellipsoid(centre, np.array([radius, 0.75 * radius, radius]), rotation)
    return Lesion("meningioma", Tissue.MENINGIOMA, body, (body,))


def lipoma(canal: Canal, sign: float, rng: np.random.Generator) -> Lesion:
    """Fat of 3-12 mm on the nerves, in the cistern or the canal; nerves run through it."""
    radius = rng.uniform(1.5, 6.0)
    centre = canal.porus + np.array(
        [-sign * rng.uniform(-1.0, 5.0), rng.uniform(0.0, 3.0), rng.normal(0.0, 1.0)]
    )
    parts = (_blob(centre, radius, 0.2, rng), _blob(centre + 0.5 * radius, 0.6 * radius, 0.2, rng))
    return Lesion("lipoma", Tissue.FAT, Union(parts), ())


def epidermoid(canal: Canal, sign: float, rng: np.random.Generator) -> Lesion:
    """A lobulated mass of near-CSF brightness in the cistern."""
    centre = canal.porus + np.array(
        [-sign * rng.uniform(4.0, 7.0), rng.uniform(1.0, 4.0), rng.normal(-2.0, 3.0)]
    )
    parts = tuple(
        _blob(centre + rng.normal(0.0, 2.5, 3), rng.uniform(3.0, 5.5), 0.25, rng) for _ in range(4)
    )
    return Lesion("epidermoid", Tissue.EPIDERMOID, Union(parts), ())


def _blob(
    centre: NDArray[np.float64], radius: float, spread: float, rng: np.random.Generator
) -> Ellipsoid:
    axes = radius * np.clip(rng.normal(1.0, spread, 3), 0.7, 1.4)
    return Ellipsoid(
        np.asarray(centre, dtype=np.float64), axes, Rotation.random(rng=rng).as_matrix()
    )
