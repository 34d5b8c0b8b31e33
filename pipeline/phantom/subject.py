"""A whole generated subject: both sides, the vascular tree, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.phantom.aneurysms import with_aneurysm
from pipeline.phantom.curves import Clearance, Points
from pipeline.phantom.deformation import ImpossibleAnatomyError, SubjectBrain
from pipeline.phantom.lesion import Lesion
from pipeline.phantom.nearest import Nearest, nearest_vessel
from pipeline.phantom.priors import Stratum
from pipeline.phantom.recipe import GENERATOR_VERSION, SideRecipe
from pipeline.phantom.side import SideAnatomy, random_side_anatomy
from pipeline.phantom.skull import Cistern
from pipeline.phantom.template import Template
from pipeline.phantom.tree import distant_vessels, passing_vessels
from pipeline.phantom.trunks import Trunks, trunks
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import SIDES, Side

SIGN: dict[Side, float] = {"left": 1.0, "right": -1.0}
_FRAMES, _TREES = 40, 10
"""Draws of the nerves and trunks, and of one side's vessels on each of them."""
_GAP_LIMITS_MM: dict[Stratum, tuple[float, float]] = {
    "contact": (-0.1, 0.04), "blurred": (0.05, 0.3), "near": (0.3, 1.0), "clear": (1.0, 99.0),
}  # fmt: skip


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


def make_subject(
    seed: int, recipes: dict[Side, SideRecipe], base: Template | None = None
) -> Subject:
    """The subject of a seed. Draws are repeated until every side's gap is in its stratum.

    base: whose brain is deformed; the MNI template where it is None. Raises ImpossibleAnatomyError
    when no draw fits, which a caller answers with another seed.
    """
    rng = np.random.default_rng([int(GENERATOR_VERSION), seed])
    for _ in range(_FRAMES):
        try:
            frame = _Frame.random(recipes, rng, base)
            subject = _with_vessels(seed, frame, rng)
        except ImpossibleAnatomyError:
            continue
        if all(_fits(subject.nearest[s], recipes[s]) for s in SIDES):
            return subject
    raise ImpossibleAnatomyError(f"seed {seed}: no anatomy fits the recipe")


@dataclass(frozen=True, eq=False)
class _Frame:
    """What both sides share, and both sides without their vessels."""

    brain: SubjectBrain
    cistern: Cistern
    sides: dict[Side, SideAnatomy]
    trunks: Trunks

    @classmethod
    def random(
        cls, recipes: dict[Side, SideRecipe], rng: np.random.Generator, base: Template | None
    ) -> _Frame:
        brain = SubjectBrain.random(rng, rng.uniform(0.3, 1.6), base)
        sides = {side: random_side_anatomy(brain, SIGN[side], recipes[side], rng) for side in SIDES}
        pori = (sides["right"].canal.porus, sides["left"].canal.porus)
        sulcus_y = float(np.mean([sides[s].nerve.at(0.0)[1] for s in SIDES])) - 5.0
        cistern = Cistern.random(brain, pori, sulcus_y, rng)
        around = [o for s in SIDES for o in sides[s].obstacles(recipes[s].gap_mm + 0.25)]
        bent = {
            sides[s].sign: (sides[s].nerve, sides[s].passages["VA"][0])
            for s in SIDES
            if "VA" in sides[s].passages
        }
        touching = [SIGN[s] for s in SIDES if recipes[s].stratum == "contact"]
        contact_sign = touching[0] if len(touching) == 1 else None
        obstacles = [brain.clearance, cistern.clearance, *around]
        return cls(brain, cistern, sides, trunks(brain, obstacles, bent, contact_sign, rng))


def _with_vessels(seed: int, frame: _Frame, rng: np.random.Generator) -> Subject:
    """The frame with vessels, drawn side by side until each side's gap fits."""
    vessels = frame.trunks.vessels
    aneurysms: dict[Side, Lesion | None] = {}
    for side in SIDES:
        vessels, aneurysms[side] = _side_with_vessels(frame, side, vessels, rng)
    nearest = {
        side: nearest_vessel(frame.sides[side].nerve, vessels, aneurysms.values()) for side in SIDES
    }
    return Subject(seed, frame.brain, frame.cistern, frame.sides, vessels, aneurysms, nearest)


def _side_with_vessels(
    frame: _Frame, side: Side, placed: list[Vessel], rng: np.random.Generator
) -> tuple[list[Vessel], Lesion | None]:
    """The vessels so far and those of one more side, and its aneurysm."""
    anatomy = frame.sides[side]
    space: list[Clearance] = [frame.brain.clearance, frame.cistern.clearance]
    low = _GAP_LIMITS_MM[anatomy.recipe.stratum][0]
    if nearest_vessel(anatomy.nerve, placed, ()).gap_mm < low:
        raise ImpossibleAnatomyError("the trunks come too near")
    for _ in range(_TREES):
        passing = passing_vessels(frame.brain, frame.trunks, anatomy, space, rng)
        if not _fits(nearest_vessel(anatomy.nerve, [*placed, *passing], ()), anatomy.recipe):
            continue
        vessels = [*placed, *passing]
        vessels += distant_vessels(frame.brain, frame.trunks, anatomy, space, rng)
        lesion: Lesion | None = None
        if anatomy.recipe.aneurysm is not None:
            lesion, vessels = with_aneurysm(
                anatomy.recipe.aneurysm, vessels, anatomy.sign, _beside_exit(anatomy, rng), rng
            )
        if _fits(nearest_vessel(anatomy.nerve, vessels, (lesion,)), anatomy.recipe):
            return vessels, lesion
    raise ImpossibleAnatomyError("no vessels fit this side")


def _beside_exit(anatomy: SideAnatomy, rng: np.random.Generator) -> Points:
    """A place medial of, in front of and below the root exit zone."""
    aside = [anatomy.sign * rng.uniform(-6.0, 2.0), -rng.uniform(2.0, 8.0), -rng.uniform(0.0, 10.0)]
    return anatomy.nerve.at(anatomy.nerve.detachment_mm) + aside


def _fits(nearest: Nearest, recipe: SideRecipe) -> bool:
    """Whether the gap is in the recipe's stratum and, in contact, the vessel the recipe's."""
    low, high = _GAP_LIMITS_MM[recipe.stratum]
    named = recipe.stratum != "contact" or nearest.vessel == recipe.offender
    return named and low <= nearest.gap_mm <= high
