"""The vessels of one side but for the trunks: those that pass the nerve, and the rest."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.aica import anterior_inferior_cerebellar
from pipeline.phantom.aneurysms import with_infundibulum
from pipeline.phantom.curves import Clearance, around
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.passage import TOUCH_MM, Passage, opposite
from pipeline.phantom.pica import posterior_inferior_cerebellar
from pipeline.phantom.sca import superior_cerebellar
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.trunks import Trunks, carotid
from pipeline.phantom.veins import fissure_vein, petrosal_vein, pontine_vein, sinuses
from pipeline.phantom.vessels import Vessel, led_through


def passing_vessels(
    brain: SubjectBrain,
    trunks: Trunks,
    side: SideAnatomy,
    space: list[Clearance],
    rng: np.random.Generator,
) -> list[Vessel]:
    """AICA, PICA and the vein of the fissure: what can come near the nerve."""
    nerve, sign = side.nerve, side.sign
    obstacles = [*space, *side.obstacles(side.recipe.gap_mm + 0.25)]
    vertebral = trunks.vertebral(sign).tube
    beside_vertebral = [*obstacles, around(vertebral.points, vertebral.radii)]
    aicas = anterior_inferior_cerebellar(brain, trunks.basilar, side, beside_vertebral, rng)
    obstacles.append(around(aicas[0].tube.points, aicas[0].tube.radii))
    picas = posterior_inferior_cerebellar(trunks, aicas[0], side, obstacles, rng)
    if side.recipe.mimic == "infundibulum":
        aicas[0] = with_infundibulum(aicas[0], rng)
    vessels = [*aicas, *picas]
    if side.recipe.pattern == "branch":
        parent = next(v for v in vessels if v.name == side.recipe.offender)
        vessels.append(_branch(parent, side, obstacles, rng))
    crossing = side.passages.get("vein")
    if crossing or rng.random() < 0.7:
        passage = crossing[0] if crossing else None
        vessels.append(fissure_vein(brain, nerve, sign, passage, obstacles, rng))
    return vessels


def distant_vessels(
    brain: SubjectBrain,
    trunks: Trunks,
    side: SideAnatomy,
    space: list[Clearance],
    rng: np.random.Generator,
) -> list[Vessel]:
    """SCA, the petrosal and pontine veins, and what runs in bone."""
    nerve, sign = side.nerve, side.sign
    basilar = trunks.basilar.tube
    obstacles = [
        *space,
        *side.obstacles(side.recipe.gap_mm + 0.25),
        around(basilar.points, basilar.radii),
    ]
    vessels = superior_cerebellar(brain, trunks.basilar, sign, obstacles[:-1], rng)
    vessels.append(petrosal_vein(brain, nerve, sign, obstacles, rng))
    if rng.random() < 0.7:
        vessels.append(pontine_vein(brain, nerve, sign, obstacles, rng))
    return [*vessels, carotid(sign, rng), *sinuses(nerve, sign, rng)]


def _branch(
    parent: Vessel, side: SideAnatomy, obstacles: list[Clearance], rng: np.random.Generator
) -> Vessel:
    """A branch of the artery in contact: it leaves beside the nerve and passes its other side."""
    first = side.passages[side.recipe.offender][0]
    radius = 0.6 * first.radius_mm
    other = opposite(first, side.nerve, radius, rng)
    passing = Passage(
        other.s_mm, other.away, other.heading, TOUCH_MM, other.curvature_per_mm, radius
    )
    stretch = passing.points(side.nerve, 1.0)
    crossing = side.nerve.at(first.s_mm)
    nearest = int(np.argmin(np.linalg.norm(parent.tube.points - crossing, axis=1)))
    start = max(nearest - round((3.0 + 2.0 * first.radius_mm) / 0.25), 1)
    origin = parent.tube.points[start]
    beyond = stretch[-1] + 4.0 * (stretch[-1] - stretch[-2]) + 2.0 * passing.away
    tube = led_through(
        origin[None], [stretch], np.stack([beyond, beyond + [side.sign * 2.0, 5.0, -2.0]]),
        (radius, radius, 0.8 * radius), obstacles, rng,
    )  # fmt: skip
    return Vessel(
        parent.name, parent.tissue, tube, float(parent.path_mm[start]), parent.name
    )  # fmt: skip
