"""What lies beside the nerves and is no disease, or harmless: flocculus, choroid plexus, cyst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.priors import Mimic, anatomy_priors
from pipeline.phantom.shapes import Ellipsoid, Tube
from pipeline.phantom.tissues import Tissue


@dataclass(frozen=True, eq=False)
class Neighbour:
    """kind: word for the record. displaces: vessels go around it."""

    kind: str
    tissue: Tissue
    shape: Ellipsoid
    displaces: bool


def random_neighbours(
    brain: SubjectBrain,
    nerve: FacialNerve,
    eighth: Tube,
    sign: float,
    mimic: Mimic | None,
    rng: np.random.Generator,
) -> list[Neighbour]:
    """In the order in which they are painted."""
    spare = (nerve.between(0.0, float(nerve.length[-1])), eighth)
    neighbours = [_flocculus(brain, nerve, spare, sign, rng)]
    if rng.random() < anatomy_priors().choroid_plexus:
        neighbours.append(_choroid_plexus(brain, nerve, spare, sign, rng))
    if mimic == "arachnoid_cyst":
        neighbours.append(_arachnoid_cyst(nerve, spare, sign, rng))
    return neighbours


def _flocculus(
    brain: SubjectBrain,
    nerve: FacialNerve,
    spare: tuple[Tube, Tube],
    sign: float,
    rng: np.random.Generator,
) -> Neighbour:
    """Ovoid of 8-12 x 5-8 x 5-8 mm just behind the roots of VII and VIII; may touch VIII."""
    axes = 0.5 * rng.uniform([8.0, 5.0, 5.0], [12.0, 8.0, 8.0])
    centre = nerve.at(nerve.detachment_mm) + [
        sign * rng.uniform(3.0, 6.0), rng.uniform(3.0, 5.0), -rng.uniform(0.0, 3.0),
    ]  # fmt: skip
    turn = Rotation.from_euler("z", -sign * rng.uniform(0.2, 0.7)).as_matrix()
    body = _moved_off(Ellipsoid(centre, axes, turn), spare, np.array([0.0, 0.9, -0.3]), 0.05)
    body = _moved_onto(brain, body, 0.25 * float(axes.min()))
    return Neighbour("flocculus", Tissue.GREY_MATTER, body, displaces=False)


def _choroid_plexus(
    brain: SubjectBrain,
    nerve: FacialNerve,
    spare: tuple[Tube, Tube],
    sign: float,
    rng: np.random.Generator,
) -> Neighbour:
    """The tuft that hangs out of the foramen of Luschka, behind IX and below the flocculus."""
    axes = rng.uniform([1.2, 1.5, 1.2], [2.5, 3.5, 2.2])
    centre = nerve.at(0.0) + [
        sign * rng.uniform(4.0, 8.0), rng.uniform(5.0, 9.0), -rng.uniform(3.0, 6.0),
    ]  # fmt: skip
    body = Ellipsoid(centre, axes, Rotation.random(rng=rng).as_matrix())
    body = _moved_off(body, spare, np.array([0.0, 0.7, -0.7]), 0.3)
    body = _moved_onto(brain, body, 0.5 * float(axes.min()))
    return Neighbour("choroid_plexus", Tissue.CHOROID, body, displaces=False)


def _arachnoid_cyst(
    nerve: FacialNerve, spare: tuple[Tube, Tube], sign: float, rng: np.random.Generator
) -> Neighbour:
    """Exactly as bright as CSF, smooth, hollowing the cerebellum, with the vessels around it."""
    axes = rng.uniform(5.0, 11.0) * rng.uniform(0.8, 1.2, 3)
    centre = nerve.at(nerve.porus_mm) + [
        sign * rng.uniform(-3.0, 1.0), 1.0 + 0.7 * axes[1], rng.uniform(-3.0, 3.0),
    ]  # fmt: skip
    body = _moved_off(Ellipsoid(centre, axes, np.eye(3)), spare, np.array([0.0, 1.0, 0.0]), 0.4)
    return Neighbour("arachnoid_cyst", Tissue.CSF, body, displaces=True)


def _moved_off(
    body: Ellipsoid, spare: tuple[Tube, Tube], towards: NDArray[np.float64], margin_mm: float
) -> Ellipsoid:
    """The body shifted along a direction until it is clear of the tubes."""
    direction = towards / np.linalg.norm(towards)
    for _ in range(40):
        if all((body.distance_at(t.points) - t.radii).min() > margin_mm for t in spare):
            break
        body = Ellipsoid(body.centre + 0.5 * direction, body.semi_axes, body.rotation)
    return body


def _moved_onto(brain: SubjectBrain, body: Ellipsoid, above_mm: float) -> Ellipsoid:
    """The body shifted backwards until its centre is near the brain's surface or within it."""
    for _ in range(30):
        if float(brain.brain_mm(body.centre[None])[0]) <= above_mm:
            break
        body = Ellipsoid(body.centre + [0.0, 0.5, 0.0], body.semi_axes, body.rotation)
    return body
