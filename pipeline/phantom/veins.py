"""Veins and sinuses around the cerebellopontine angle of one side."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.curves import Clearance
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.passage import Passage
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel, free_course, led_through

_RAY_START_Y_MM = 4.0


def petrosal_vein(
    brain: SubjectBrain,
    nerve: FacialNerve,
    sign: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """The superior petrosal vein, 1.5-3 mm: from pons and fissure up to the petrous ridge."""
    start = brain.surface_behind(
        sign * rng.uniform(15.0, 17.5), nerve.at(0.0)[2] + rng.uniform(9.0, 14.0), _RAY_START_Y_MM
    )
    ridge = nerve.at(nerve.porus_mm) + [
        sign * rng.uniform(-3.0, 3.0),
        rng.uniform(-2.0, 3.0),
        rng.uniform(9.0, 13.0),
    ]
    middle = 0.5 * (start + ridge) + rng.normal(0.0, 1.5, 3)
    radius = float(rng.uniform(0.75, 1.5))
    tube = free_course(
        np.stack([start, middle, ridge]), (0.6 * radius, radius), obstacles, 0.5, rng
    )
    return Vessel("vein", Tissue.VEIN, tube)


def fissure_vein(
    brain: SubjectBrain,
    nerve: FacialNerve,
    sign: float,
    passage: Passage | None,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """A vein of the cerebellopontine fissure or the lateral medulla, 0.5-1.5 mm wide."""
    radius = passage.radius_mm if passage is not None else float(rng.uniform(0.25, 0.75))
    base = nerve.at(nerve.detachment_mm)
    low = base + [sign * rng.uniform(0.0, 4.0), rng.uniform(4.0, 8.0), -rng.uniform(4.0, 9.0)]
    high = base + [sign * rng.uniform(0.0, 5.0), -rng.uniform(0.0, 3.0), rng.uniform(6.0, 10.0)]
    if passage is not None:
        near = passage.points(nerve, passage.half_mm)
        same = (radius, radius, radius)
        tube = led_through(low[None], [near], high[None], same, obstacles, rng)
    else:
        middle = 0.5 * (low + high) + rng.normal(0.0, 2.0, 3)
        tube = free_course(np.stack([low, middle, high]), (radius, radius), obstacles, 0.7, rng)
    return Vessel("vein", Tissue.VEIN, tube)


def pontine_vein(
    brain: SubjectBrain,
    nerve: FacialNerve,
    sign: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """A transverse vein on the ventral pons."""
    z = nerve.at(0.0)[2] + rng.uniform(5.0, 12.0) + rng.normal(0.0, 1.0, 4)
    x = sign * np.array([1.0, 7.0, 12.0, 15.0])
    control = brain.surfaces_behind(x, z, -12.0) - [0.0, 0.7, 0.0]
    radius = float(rng.uniform(0.25, 0.5))
    return Vessel("vein", Tissue.VEIN, free_course(control, (radius, radius), obstacles, 0.3, rng))


def sinuses(nerve: FacialNerve, sign: float, rng: np.random.Generator) -> list[Vessel]:
    """Sigmoid sinus and jugular bulb, in the bone behind and below the canal."""
    porus = nerve.at(nerve.porus_mm)
    bulb = porus + [sign * rng.uniform(4.0, 8.0), rng.uniform(-1.0, 5.0), -rng.uniform(11.0, 16.0)]
    sigmoid = np.stack(
        [
            bulb,
            bulb + [sign * 9.0, 12.0, -2.0],
            bulb + [sign * 17.0, 20.0, 8.0],
            bulb + [sign * 20.0, 28.0, 18.0],
        ]
    )
    radius = float(rng.uniform(2.4, 4.2))
    course = free_course(sigmoid, (radius, radius), [], 0.6, rng)
    jugular = Tube.plain(
        np.stack([bulb, bulb + [0.0, -2.0, -8.0], bulb + [sign, -4.0, -18.0]]), radius
    )
    return [Vessel("vein", Tissue.VEIN, course), Vessel("vein", Tissue.VEIN, jugular)]
