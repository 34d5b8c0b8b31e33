"""What to generate: the choices of one side of a subject, drawn from the priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.phantom.priors import (
    AnatomyPriors,
    AneurysmKind,
    Mass,
    Mimic,
    Option,
    Passer,
    Priors,
    Stratum,
    anatomy_priors,
    pick,
)
from pipeline.records.findings import Grade, Pattern, Segment

GENERATOR_VERSION = "2"
"""Raised with every change that alters the studies made from a seed."""


@dataclass(frozen=True)
class SideRecipe:
    """The vessel that comes nearest on one side, how near, where, and lesions beside it.

    second: the other vessel of a sandwich, or the one that pushes in a tandem.
    """

    stratum: Stratum
    grade: Grade
    gap_mm: float
    segment: Segment
    offender: Passer
    mass: Mass | None
    aneurysm: AneurysmKind | None
    pattern: Pattern = "undetermined"
    second: Passer | None = None
    mimic: Mimic | None = None


def random_side(priors: Priors, rng: np.random.Generator) -> SideRecipe:
    """A side drawn from the priors."""
    clear = 1.0 - priors.contact - priors.blurred - priors.near
    strata: dict[Stratum, float] = {
        "contact": priors.contact, "blurred": priors.blurred, "near": priors.near, "clear": clear,
    }  # fmt: skip
    return side_of_stratum(pick(strata, rng), priors, rng)


def side_of_stratum(stratum: Stratum, priors: Priors, rng: np.random.Generator) -> SideRecipe:
    """A side of a given stratum, everything else drawn."""
    anatomy = anatomy_priors()
    grade: Grade = "none" if stratum == "clear" else "near"
    pattern: Pattern = "undetermined"
    second: Passer | None = None
    if stratum == "contact":
        grade = pick(anatomy.grade, rng)
        offender, pattern, second = _contact(anatomy, rng)
    else:
        offender = pick(anatomy.offender.apart, rng)
    mass = _perhaps(priors.mass, anatomy.mass, rng)
    aneurysm = _perhaps(priors.aneurysm, anatomy.aneurysm, rng)
    mimic = _perhaps(priors.mimic, anatomy.mimic, rng)
    return SideRecipe(
        stratum=stratum,
        grade=grade,
        gap_mm=_gap_mm(stratum, anatomy, rng),
        segment=pick(anatomy.segment, rng),
        offender=offender,
        mass=mass,
        aneurysm=aneurysm if mass is None else None,
        pattern=pattern,
        second=second,
        mimic=mimic if mass is None and aneurysm is None else None,
    )


def _perhaps(
    share: float, kinds: Mapping[Option, float], rng: np.random.Generator
) -> Option | None:
    """One of the kinds in the given share of draws."""
    return pick(kinds, rng) if rng.random() < share else None


def _gap_mm(stratum: Stratum, anatomy: AnatomyPriors, rng: np.random.Generator) -> float:
    low, high = anatomy.gap_mm[stratum]
    share = rng.random() ** (1.5 if stratum == "clear" else 1.0)
    return float(low + (high - low) * share)


def _contact(
    anatomy: AnatomyPriors, rng: np.random.Generator
) -> tuple[Passer, Pattern, Passer | None]:
    """Nearest vessel, pattern and second vessel of a side in contact."""
    drawn = pick(anatomy.offender.contact, rng)
    if drawn == "VA_tandem":
        return pick(anatomy.tandem_branch, rng), "tandem", "VA"
    if drawn == "AICA_PICA":
        return ("AICA", "sandwich", "PICA") if rng.random() < 0.5 else ("PICA", "sandwich", "AICA")
    if drawn == "VA":
        return "VA", "undetermined", None
    if drawn == "vein":
        return "vein", "undetermined", None
    pattern = pick(anatomy.pattern[drawn], rng)
    return drawn, pattern, _second(drawn, anatomy, rng) if pattern == "sandwich" else None


def _second(offender: Passer, anatomy: AnatomyPriors, rng: np.random.Generator) -> Passer:
    others = {name: p for name, p in anatomy.sandwich_second.items() if name != offender}
    return pick(others, rng)
