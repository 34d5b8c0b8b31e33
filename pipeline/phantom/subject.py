"""A whole generated subject: both sides, the vascular tree, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.phantom.arteries import (
    anterior_inferior_cerebellar,
    carotid,
    posterior_inferior_cerebellar,
    superior_cerebellar,
    trunks,
)
from pipeline.phantom.curves import Clearance, distance_between
from pipeline.phantom.deformation import ImpossibleAnatomyError, SubjectBrain
from pipeline.phantom.lesions import Lesion, saccular_aneurysm
from pipeline.phantom.recipe import GENERATOR_VERSION, SideRecipe, Stratum
from pipeline.phantom.shapes import Ellipsoid
from pipeline.phantom.side import SideAnatomy, random_side_anatomy
from pipeline.phantom.skull import Cistern
from pipeline.phantom.veins import fissure_vein, petrosal_vein, pontine_vein, sinuses
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import SIDES, Side

SIGN: dict[Side, float] = {"left": 1.0, "right": -1.0}
_ATTEMPTS = 60


@dataclass(frozen=True)
class Nearest:
    """The vessel nearest to a nerve: surface gap in mm, where along the nerve, which one."""

    gap_mm: float
    s_mm: float
    vessel: str
    diameter_mm: float
    point_lps: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Subject:
    """Generated anatomy in LPS mm. nearest: the truth about each side's gap."""

    seed: int
    brain: SubjectBrain
    cistern: Cistern
    sides: dict[Side, SideAnatomy]
    vessels: list[Vessel]
    aneurysms: dict[Side, Lesion | None]
    nearest: dict[Side, Nearest]


def make_subject(seed: int, recipes: dict[Side, SideRecipe]) -> Subject:
    """The subject of a seed. Draws are repeated until every side's gap is in its stratum.

    Raises ImpossibleAnatomyError when none of them is, which a caller answers with another seed.
    """
    rng = np.random.default_rng([int(GENERATOR_VERSION), seed])
    for _ in range(_ATTEMPTS):
        try:
            subject = _attempt(seed, recipes, rng)
        except ImpossibleAnatomyError:
            continue
        if all(_fits(subject.nearest[s].gap_mm, recipes[s].stratum) for s in SIDES):
            return subject
    raise ImpossibleAnatomyError(f"seed {seed}: no anatomy fits the recipe")


def _fits(gap_mm: float, stratum: Stratum) -> bool:
    low, high = {
        "contact": (-0.2, 0.04), "blurred": (0.05, 0.3), "near": (0.3, 1.0), "clear": (1.0, 99.0),
    }[stratum]  # fmt: skip
    return low <= gap_mm <= high


def _attempt(seed: int, recipes: dict[Side, SideRecipe], rng: np.random.Generator) -> Subject:
    brain = SubjectBrain.random(rng, amplitude_mm=rng.uniform(0.3, 1.6))
    sides = {side: random_side_anatomy(brain, SIGN[side], recipes[side], rng) for side in SIDES}
    pori = (sides["right"].canal.porus, sides["left"].canal.porus)
    sulcus_y = float(np.mean([sides[s].nerve.at(0.0)[1] for s in SIDES])) - 5.0
    cistern = Cistern.random(brain, pori, sulcus_y, rng)
    vessels = _vessels(brain, cistern, sides, rng)
    aneurysms = {side: _aneurysm(sides[side], vessels, rng) for side in SIDES}
    nearest = {side: _nearest(sides[side], vessels, aneurysms) for side in SIDES}
    return Subject(seed, brain, cistern, sides, vessels, aneurysms, nearest)


def _vessels(
    brain: SubjectBrain, cistern: Cistern, sides: dict[Side, SideAnatomy], rng: np.random.Generator
) -> list[Vessel]:
    space: list[Clearance] = [brain.clearance, cistern.clearance]
    around_nerves = {s: sides[s].obstacles(sides[s].recipe.gap_mm + 0.25) for s in SIDES}
    both = [*around_nerves["left"], *around_nerves["right"]]
    bent = {
        sides[s].sign: (sides[s].nerve, sides[s].passage)
        for s in SIDES
        if sides[s].recipe.offender == "VA"
    }
    tree = trunks(brain, [*space, *both], bent, rng)
    vessels = list(tree.vessels)
    for side in SIDES:
        anatomy = sides[side]
        nerve, sign, offender = anatomy.nerve, anatomy.sign, anatomy.recipe.offender
        obstacles = [*space, *around_nerves[side]]
        passing = {
            name: anatomy.passage if offender == name else None for name in ("AICA", "PICA", "vein")
        }
        vertebral = tree.vertebral(sign)
        if rng.random() > 0.04 or offender == "AICA":
            vessels.append(
                anterior_inferior_cerebellar(
                    brain, tree.basilar, nerve, sign, passing["AICA"], obstacles, rng
                )
            )
        if rng.random() < 0.26:
            vessels.append(
                anterior_inferior_cerebellar(brain, tree.basilar, nerve, sign, None, obstacles, rng)
            )
        if rng.random() > 0.065 or offender == "PICA":
            vessels.append(
                posterior_inferior_cerebellar(
                    brain, vertebral, nerve, sign, passing["PICA"], obstacles, rng
                )
            )
        vessels.append(superior_cerebellar(brain, tree.basilar, sign, obstacles, rng))
        vessels.append(petrosal_vein(brain, nerve, sign, obstacles, rng))
        if rng.random() < 0.7 or offender == "vein":
            vessels.append(fissure_vein(brain, nerve, sign, passing["vein"], obstacles, rng))
        if rng.random() < 0.7:
            vessels.append(pontine_vein(brain, nerve, sign, obstacles, rng))
        vessels.extend([carotid(sign, rng), *sinuses(nerve, sign, rng)])
    return vessels


def _aneurysm(
    anatomy: SideAnatomy, vessels: list[Vessel], rng: np.random.Generator
) -> Lesion | None:
    if not anatomy.recipe.aneurysm:
        return None
    base = anatomy.nerve.at(anatomy.nerve.detachment_mm)
    parents = [
        vessel
        for vessel in vessels
        if vessel.name in ("VA", "PICA", "AICA", "BA")
        and (vessel.tube.points[:, 0] * anatomy.sign > -3.0).mean() > 0.5
    ]
    parent = parents[int(rng.integers(len(parents)))]
    near = base + [
        anatomy.sign * rng.uniform(-6.0, 2.0),
        -rng.uniform(2.0, 8.0),
        -rng.uniform(0.0, 10.0),
    ]
    return saccular_aneurysm(parent, near, rng)


def _nearest(
    anatomy: SideAnatomy, vessels: list[Vessel], aneurysms: dict[Side, Lesion | None]
) -> Nearest:
    nerve = anatomy.nerve.between(0.0, anatomy.nerve.porus_mm)
    length = anatomy.nerve.length
    best = Nearest(np.inf, 0.0, "unnamed", 0.0, (0.0, 0.0, 0.0))
    for vessel in vessels:
        gap, i, j = distance_between(
            nerve.points, nerve.radii, vessel.tube.points, vessel.tube.radii
        )
        if gap < best.gap_mm:
            x, y, z = (float(value) for value in nerve.points[i])
            best = Nearest(
                gap, float(length[i]), vessel.name, 2 * float(vessel.tube.radii[j]), (x, y, z)
            )
    for lesion in aneurysms.values():
        for body in lesion.bodies if lesion else ():
            best = _nearer_sac(best, body, nerve.points, nerve.radii, length)
    return best


def _nearer_sac(best: Nearest, body: Ellipsoid, points, radii, length) -> Nearest:  # type: ignore[no-untyped-def]
    gaps = body.distance_at(points) - radii
    i = int(np.argmin(gaps))
    if gaps[i] >= best.gap_mm:
        return best
    x, y, z = (float(value) for value in points[i])
    return Nearest(
        float(gaps[i]), float(length[i]), "unnamed", 2 * float(body.semi_axes.mean()), (x, y, z)
    )
