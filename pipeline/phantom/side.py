"""One side of a subject: nerve, canal and lesion, formed as its recipe asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.phantom.curves import Clearance, around, keep_clear
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.lesions import Lesion, epidermoid, meningioma, schwannoma
from pipeline.phantom.nerves import (
    FacialNerve,
    facial_nerve,
    into_canal,
    other_nerves,
    vestibulocochlear_nerve,
)
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.shapes import Tube
from pipeline.phantom.skull import Canal, inner_ear, random_canal
from pipeline.phantom.vessels import Passage, random_passage

_TOUCH_MM = -0.02
"""Overlap of surfaces in contact: less than any image shows, more than the rounding."""


@dataclass(frozen=True, eq=False)
class SideAnatomy:
    """sign: +1 on the patient's left, -1 on the right (the sign of LPS x)."""

    sign: float
    recipe: SideRecipe
    nerve: FacialNerve
    canal: Canal
    eighth: Tube
    others: list[Tube]
    ear: list[Tube]
    mass: Lesion | None
    passage: Passage
    deviation_mm: float
    indentation_fraction: float

    def obstacles(self, nerve_margin_mm: float) -> list[Clearance]:
        """What vessels go around on this side: nerves VII and VIII and the mass."""
        cisternal = self.nerve.between(0.0, self.nerve.porus_mm + 1.0)
        bodies = self.mass.bodies if self.mass else ()
        return [
            around(cisternal.points, cisternal.radii, nerve_margin_mm),
            around(self.eighth.points, self.eighth.radii),
            *(body.clearance for body in bodies),
        ]


def random_side_anatomy(
    brain: SubjectBrain, sign: float, recipe: SideRecipe, rng: np.random.Generator
) -> SideAnatomy:
    """Nerve, canal and lesion of one side, the nerve bent or dented where the vessel presses."""
    nerve, porus = facial_nerve(brain, sign, rng)
    widening = rng.uniform(0.5, 3.5) if recipe.mass == "schwannoma" else 0.0
    canal = random_canal(porus, sign, widening, rng)
    mass = _mass(canal, sign, recipe, rng)
    if mass is not None:
        nerve = _around_mass(nerve, mass, brain)
    nerve = into_canal(nerve, canal)
    eighth = vestibulocochlear_nerve(nerve, canal, brain, sign, rng)
    s_mm = _place(nerve, recipe, rng)
    gap = recipe.gap_mm if recipe.stratum != "contact" else _TOUCH_MM
    passage = random_passage(nerve, s_mm, gap, sign, rng)
    nerve, deviation, loss = _pressed(nerve, passage, recipe, rng)
    return SideAnatomy(
        sign, recipe, nerve, canal, eighth,
        other_nerves(nerve, brain, sign, float(nerve.at(0.0)[2]), rng),
        inner_ear(canal, sign, rng), mass, passage, deviation, loss,
    )  # fmt: skip


def _mass(canal: Canal, sign: float, recipe: SideRecipe, rng: np.random.Generator) -> Lesion | None:
    if recipe.mass == "schwannoma":
        return schwannoma(canal, sign, rng)
    if recipe.mass == "meningioma":
        return meningioma(canal, sign, np.deg2rad(48.0), rng)
    if recipe.mass == "epidermoid":
        return epidermoid(canal, sign, rng)
    return None


def _around_mass(nerve: FacialNerve, mass: Lesion, brain: SubjectBrain) -> FacialNerve:
    """The cisternal nerve pushed off the mass; exit, attached segment and porus stay."""
    obstacles = [body.clearance for body in mass.bodies]
    fixed = nerve.length < nerve.detachment_mm + 0.3
    course = keep_clear(
        nerve.points, nerve.radii, [*obstacles, brain.clearance], fixed=fixed, rounds=25
    )
    return nerve.with_course(course)


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
    offset = nerve.length - passage.s_mm
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
