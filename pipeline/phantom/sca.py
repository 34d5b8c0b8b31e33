"""The superior cerebellar artery."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.curves import Clearance
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.priors import anatomy_priors
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel, free_course

_RAY_START_Y_MM = 4.0
"""Behind the temporal lobes."""


def superior_cerebellar(
    brain: SubjectBrain,
    basilar: Vessel,
    sign: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> list[Vessel]:
    """From the upper basilar artery around the upper pons; 1.3-2.0 mm, double in 25-30 %."""
    count = 1 + int(rng.random() < anatomy_priors().sca.duplicate)
    before_end = np.sort(rng.uniform(0.5, 4.0, count))
    return [_artery(brain, basilar, sign, float(mm), obstacles, rng) for mm in before_end]


def _artery(
    brain: SubjectBrain,
    basilar: Vessel,
    sign: float,
    before_end_mm: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    radius = float(rng.uniform(0.65, 1.0))
    origin_s = basilar.length_mm - before_end_mm
    origin = basilar.at(origin_s)
    x = sign * np.array([7.0, 13.0])
    z = origin[2] - np.array([1.0, 3.0 + rng.uniform(0.0, 4.0)])
    around = brain.surfaces_behind(x, z, _RAY_START_Y_MM) - [0.0, radius + 0.6, 0.0]
    end = np.array([sign * 20.0, 34.0, origin[2] - 2.0])
    tube = free_course(
        np.stack([origin, *around, end]), (radius, 0.8 * radius), obstacles, 0.5, rng
    )
    return Vessel("SCA", Tissue.ARTERY, tube, basilar.start_mm + origin_s, "BA")
