"""What to generate: the choices of one side and of a whole subject, and their priors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.records.findings import Grade, Segment

GENERATOR_VERSION = "1"
"""Raised with every change that alters the studies made from a seed."""

Stratum = Literal["contact", "blurred", "near", "clear"]
"""contact: no gap · blurred: 0.05-0.3 mm · near: 0.3-1.0 mm · clear: more than 1.0 mm."""
Offender = Literal["AICA", "PICA", "VA", "vein"]
Mass = Literal["schwannoma", "meningioma", "epidermoid"]


@dataclass(frozen=True)
class SideRecipe:
    """The vessel that comes nearest on one side, how near, where, and lesions beside it."""

    stratum: Stratum
    grade: Grade
    gap_mm: float
    segment: Segment
    offender: Offender
    mass: Mass | None
    aneurysm: bool


@dataclass(frozen=True)
class Priors:
    """Shares of sides with each stratum and lesion."""

    contact: float = 1 / 3
    blurred: float = 0.08
    near: float = 1 / 3
    mass: float = 0.12
    aneurysm: float = 0.12


def random_side(priors: Priors, rng: np.random.Generator) -> SideRecipe:
    """A side drawn from the priors."""
    clear = 1.0 - priors.contact - priors.blurred - priors.near
    stratum: Stratum = _pick(
        rng,
        ["contact", "blurred", "near", "clear"],
        [priors.contact, priors.blurred, priors.near, clear],
    )
    return side_of_stratum(stratum, priors, rng)


def side_of_stratum(stratum: Stratum, priors: Priors, rng: np.random.Generator) -> SideRecipe:
    """A side of a given stratum, everything else drawn.

    Offending vessels: frequencies of surgical series (AICA 43-59, PICA 14-31, VA 15-23 %).
    Places: root detachment and cisternal part more often than in patients, so that every
    segment is trained and tested.
    """
    segment: Segment = _pick(rng, ["RExP", "AS", "RDP_TZ", "CP"], [0.1, 0.4, 0.25, 0.25])
    offender: Offender = _pick(rng, ["AICA", "PICA", "VA", "vein"], [0.52, 0.25, 0.15, 0.08])
    gap = {
        "contact": 0.0,
        "blurred": rng.uniform(0.07, 0.28),
        "near": rng.uniform(0.32, 1.0),
        "clear": rng.uniform(1.1, 4.0),
    }[stratum]
    grade: Grade = "none" if stratum == "clear" else "near"
    if stratum == "contact":
        grade = _pick(rng, ["contact", "deviation", "indentation"], [0.45, 0.3, 0.25])
    mass: Mass | None = None
    if rng.random() < priors.mass:
        mass = _pick(rng, ["schwannoma", "meningioma", "epidermoid"], [0.8, 0.13, 0.07])
    aneurysm = mass is None and bool(rng.random() < priors.aneurysm)
    return SideRecipe(stratum, grade, gap, segment, offender, mass, aneurysm)


def _pick(rng: np.random.Generator, options: list, weights: list[float]):  # type: ignore[no-untyped-def,type-arg]
    """One of the options; a plain index, so that the options keep their literal types."""
    return options[int(rng.choice(len(options), p=np.array(weights) / sum(weights)))]
