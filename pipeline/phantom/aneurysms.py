"""Saccular, fusiform and dissecting aneurysms of the posterior fossa, and infundibula.

Textbook values: sacs of 2-15 mm with a neck on VA, PICA or AICA; fusiform more than 1.5 times the
adjacent calibre over more than two diameters; a dissection is eccentric, with a narrowing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.curves import arc_length, perpendicular, tangents
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.lesion import Lesion
from pipeline.phantom.priors import AneurysmKind
from pipeline.phantom.shapes import Ellipsoid, Tube, Union
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel


def with_aneurysm(
    kind: AneurysmKind,
    vessels: Sequence[Vessel],
    sign: float,
    near: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[Lesion, list[Vessel]]:
    """An aneurysm of one of the side's arteries, and the vessels as it leaves them.

    near: place in LPS mm that it is close to. Raises ImpossibleAnatomyError where no artery is.
    """
    names = ("VA", "PICA", "AICA", "BA") if kind == "saccular" else ("VA",)
    parents = [
        vessel
        for vessel in vessels
        if vessel.name in names and (vessel.tube.points[:, 0] * sign > -3.0).mean() > 0.5
    ]
    if not parents:
        raise ImpossibleAnatomyError("no artery bears the aneurysm")
    parent = parents[int(rng.integers(len(parents)))]
    at = _site(parent.tube, near, rng)
    if kind == "saccular":
        return _saccular(parent, at, near, rng), list(vessels)
    lesion, narrowed = _widened(kind, parent, at, rng)
    return lesion, [replace(v, tube=narrowed) if v is parent else v for v in vessels]


def with_infundibulum(vessel: Vessel, rng: np.random.Generator) -> Vessel:
    """The vessel with a conical origin of less than 3 mm, a mimic of an aneurysm."""
    tube = vessel.tube
    widest = max(float(rng.uniform(0.8, 1.4)), 1.15 * float(tube.radii[0]))
    cone = widest * (1.0 - arc_length(tube.points) / rng.uniform(2.2, 3.0))
    widened = Tube.plain(tube.points, np.maximum(tube.radii, cone))
    return replace(vessel, tube=widened, infundibulum=True)


def _site(tube: Tube, near: NDArray[np.float64], rng: np.random.Generator) -> int:
    length = arc_length(tube.points)
    inside = np.abs(tube.points[:, 2] - near[2]) < 12.0
    usable = (length > 2.0) & (length < length[-1] - 2.0) & inside
    if not usable.any():
        raise ImpossibleAnatomyError("the parent vessel does not come near enough")
    distance = np.linalg.norm(tube.points - near, axis=1) + rng.uniform(0.0, 6.0, len(length))
    return int(np.argmin(np.where(usable, distance, np.inf)))


def _saccular(
    parent: Vessel, at: int, near: NDArray[np.float64], rng: np.random.Generator
) -> Lesion:
    """A sac of 2.5-10 mm with a neck."""
    tube = parent.tube
    radius = float(np.exp(rng.uniform(np.log(1.4), np.log(4.5))))
    outward = perpendicular(
        near - tube.points[at] + rng.normal(0.0, 2.0, 3), tangents(tube.points)[at]
    )
    centre = tube.points[at] + outward * (tube.radii[at] + 0.82 * radius)
    axes = radius * np.clip(rng.normal(1.0, 0.12, 3), 0.7, 1.4)
    body = Ellipsoid(centre, axes, Rotation.random(rng=rng).as_matrix())
    start = tube.points[at] + outward * 0.8 * tube.radii[at]
    neck = Tube.plain(np.stack([start, centre]), min(0.7 * radius, 1.6))
    return Lesion(
        "saccular", Tissue.ANEURYSM, Union([neck, body]), (body,), (neck,), parent.name
    )  # fmt: skip


def _widened(
    kind: AneurysmKind, parent: Vessel, at: int, rng: np.random.Generator
) -> tuple[Lesion, Tube]:
    """The artery widened 1.6 to 2.4 times over 2.5 to 4 diameters, and what is left of it."""
    tube = parent.tube
    length = arc_length(tube.points) - arc_length(tube.points)[at]
    radius = float(tube.radii[at])
    half = radius * float(rng.uniform(2.5, 4.0))
    swelling = np.cos(0.5 * np.pi * np.clip(length / half, -1.0, 1.0)) ** 2
    growth = float(rng.uniform(0.6, 1.4)) * swelling
    points, radii = tube.points, tube.radii
    if kind == "dissecting":
        aside = perpendicular(rng.standard_normal(3), tangents(points)[at])
        points = points + (0.6 * growth * radius)[:, None] * aside
        beyond = np.exp(-(((length - 1.4 * half) / (0.35 * half)) ** 2))
        radii = radii * (1.0 - rng.uniform(0.3, 0.5) * beyond)
    part = growth > 0.02
    wide = Tube.plain(points[part], (tube.radii * (1.0 + growth))[part])
    lesion = Lesion(kind, Tissue.ANEURYSM, wide, (), (wide,), parent.name)
    return lesion, Tube.plain(tube.points, radii)
