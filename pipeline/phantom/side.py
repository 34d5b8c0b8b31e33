"""One side of a subject: nerves, canal and lesion, formed as its recipe asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import Clearance, around, keep_clear
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.lesion import Lesion
from pipeline.phantom.masses import random_mass
from pipeline.phantom.mimics import Neighbour, random_neighbours
from pipeline.phantom.nerves import (
    FacialNerve,
    facial_nerve,
    into_canal,
    other_nerves,
    vestibulocochlear_nerve,
)
from pipeline.phantom.passage import (
    TOUCH_MM,
    Passage,
    behind,
    between_nerves,
    opposite,
    random_passage,
)
from pipeline.phantom.priors import MeanSpread, Passer, anatomy_priors, draw, pick
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.shapes import Tube
from pipeline.phantom.skull import Canal, inner_ear, random_canal

_ROOM_LIMIT_MM = 1.4
"""No vessel passes between VII and VIII at a greater gap: it would drive them too far apart."""


@dataclass(frozen=True, eq=False)
class SideAnatomy:
    """sign: +1 on the patient's left, -1 on the right (the sign of LPS x).

    passages: where each vessel that is led past the nerve passes it, in the order of the blood.
    canal_loop: share of the canal's length that AICA enters, 0 where it stays outside.
    """

    sign: float
    recipe: SideRecipe
    nerve: FacialNerve
    canal: Canal
    eighth: Tube
    others: list[Tube]
    ear: list[Tube]
    neighbours: list[Neighbour]
    mass: Lesion | None
    passages: dict[Passer, list[Passage]]
    canal_loop: float
    deviation_mm: float
    indentation_fraction: float

    def obstacles(self, nerve_margin_mm: float) -> list[Clearance]:
        """What vessels go around on this side: nerves VII and VIII and lesions."""
        cisternal = self.nerve.between(0.0, self.nerve.porus_mm + 1.0)
        bodies = [
            *(self.mass.bodies if self.mass else ()),
            *(n.shape for n in self.neighbours if n.displaces),
        ]
        return [
            around(cisternal.points, cisternal.radii, nerve_margin_mm),
            around(self.eighth.points, self.eighth.radii),
            *(body.clearance for body in bodies),
        ]


def random_side_anatomy(
    brain: SubjectBrain, sign: float, recipe: SideRecipe, rng: np.random.Generator
) -> SideAnatomy:
    """Nerves, canal and lesion of one side, VII bent or dented where the vessel presses."""
    nerve, porus = facial_nerve(brain, sign, rng)
    widening = rng.uniform(0.5, 3.5) if recipe.mass == "schwannoma" else 0.0
    canal = random_canal(porus, sign, widening, rng)
    mass = random_mass(recipe.mass, canal, sign, rng)
    if mass is not None:
        nerve = _around_mass(nerve, mass, brain)
    nerve = into_canal(nerve, canal, rng)
    passages = _recipe_passages(nerve, recipe, rng)
    nerve, deviation, loss = _pressed(nerve, passages[recipe.offender][0], recipe, rng)
    between = _passes_between(nerve, passages, recipe, sign, rng)
    room = None
    if between is not None:
        passages["AICA"] = [*passages.get("AICA", []), between]
        width = 2.0 * between.radius_mm + between.gap_mm + rng.uniform(0.03, 0.15)
        room = (between.s_mm, between.away, width)
    eighth = vestibulocochlear_nerve(nerve, canal, brain, room, rng)
    loop = anatomy_priors().aica.canal_loop
    return SideAnatomy(
        sign, recipe, nerve, canal, eighth,
        other_nerves(nerve, brain, sign, float(nerve.at(0.0)[2]), rng),
        inner_ear(canal, sign, rng),
        random_neighbours(brain, nerve, eighth, sign, recipe.mimic, rng),
        mass, passages,
        0.0 if recipe.mass == "schwannoma" else _loop_depth(pick(loop, rng), rng),
        deviation, loss,
    )  # fmt: skip


def passer_radius_mm(name: Passer, recipe: SideRecipe, rng: np.random.Generator) -> float:
    """Half the calibre of a vessel where it passes the nerve (configs/anatomy.yaml)."""
    priors = anatomy_priors()
    crossing = priors.aica.crossing_diameter_mm
    limits: dict[Passer, tuple[MeanSpread, float, float]] = {
        "AICA": (crossing.contact if recipe.stratum == "contact" else crossing.apart, 0.3, 1.0),
        "PICA": (priors.pica.diameter_mm, 1.1, 2.2),
        "VA": ((3.4, 0.4), 2.5, 4.4),
        "vein": ((0.9, 0.25), 0.5, 1.5),
    }
    return 0.5 * draw(*limits[name], rng)


def _around_mass(nerve: FacialNerve, mass: Lesion, brain: SubjectBrain) -> FacialNerve:
    """The cisternal nerve pushed off the mass; exit, attached segment and porus stay."""
    obstacles = [body.clearance for body in mass.bodies]
    fixed = nerve.length < nerve.detachment_mm + 0.3
    course = keep_clear(
        nerve.points, nerve.radii, [*obstacles, brain.clearance], fixed=fixed, rounds=25
    )
    return nerve.with_course(course)


def _recipe_passages(
    nerve: FacialNerve, recipe: SideRecipe, rng: np.random.Generator
) -> dict[Passer, list[Passage]]:
    """The offender's passage first, then that of the second vessel of its pattern."""
    s_mm = _place(nerve, recipe, rng)
    gap = recipe.gap_mm if recipe.stratum != "contact" else TOUCH_MM
    radius = passer_radius_mm(recipe.offender, recipe, rng)
    first = random_passage(nerve, s_mm, gap, radius, recipe.pattern, rng)
    passages = {recipe.offender: [first]}
    if recipe.second is not None:
        radius = passer_radius_mm(recipe.second, recipe, rng)
        tandem = recipe.pattern == "tandem"
        second = behind(first, radius, rng) if tandem else opposite(first, nerve, radius, rng)
        passages[recipe.second] = [second]
    return passages


def _passes_between(
    nerve: FacialNerve,
    passages: dict[Passer, list[Passage]],
    recipe: SideRecipe,
    sign: float,
    rng: np.random.Generator,
) -> Passage | None:
    """The passage of AICA between VII and VIII, clearly farther than the nearest vessel."""
    gap = recipe.gap_mm + rng.uniform(0.3, 0.45)
    wanted = rng.random() < anatomy_priors().aica.between_nerves_where_possible
    if not wanted or gap > _ROOM_LIMIT_MM or recipe.mass is not None:
        return None
    mine = passages.get("AICA")
    radius = mine[0].radius_mm if mine else passer_radius_mm("AICA", recipe, rng)
    return between_nerves(nerve, sign, gap, radius, rng)


def _loop_depth(kind: str, rng: np.random.Generator) -> float:
    """Share of the canal's length that the loop reaches (Chavda II up to a half, III beyond)."""
    limits = {"none": (0.0, 0.0), "up_to_half": (0.2, 0.46), "beyond_half": (0.55, 0.8)}
    return float(rng.uniform(*limits[kind]))


def _place(nerve: FacialNerve, recipe: SideRecipe, rng: np.random.Generator) -> float:
    """A position along the nerve within the segment that the recipe names."""
    rdp, end, porus = nerve.detachment_mm, nerve.zone_end_mm, nerve.porus_mm
    low, high = {
        "RExP": (0.2, 1.0),
        "AS": (1.2, rdp - 0.7),
        "RDP_TZ": (rdp - 0.4, end),
        "CP": (end + 0.3, min(end + 7.0, porus - 1.0)),
    }[recipe.segment]
    return float(rng.uniform(low, high))


def _pressed(
    nerve: FacialNerve, passage: Passage, recipe: SideRecipe, rng: np.random.Generator
) -> tuple[FacialNerve, float, float]:
    """The nerve pushed aside and thinned by its vessel: (nerve, deviation mm, loss of section)."""
    offset: NDArray[np.float64] = nerve.length - passage.s_mm
    deviation, loss = 0.0, 0.0
    attached = passage.s_mm < nerve.detachment_mm
    if recipe.grade == "deviation" or (recipe.grade == "indentation" and rng.random() < 0.5):
        deviation = rng.uniform(0.36, 0.7) if attached else rng.uniform(0.55, 1.8)
    if recipe.grade == "indentation":
        loss = rng.uniform(0.22, 0.5)
    width = 1.8 if attached else 2.8
    push = -deviation * np.exp(-((offset / width) ** 2))[:, None] * passage.away
    radii = nerve.radii * np.sqrt(1.0 - loss * np.exp(-((offset / 1.3) ** 2)))
    return replace(nerve, points=nerve.points + push, radii=radii), float(deviation), float(loss)
