"""Reserved sets of generated studies: sample, test and calibration seeds and what they ask for.

A manifest is a list of plans with the sha256 of each study's truth. The test manifest is
committed before anything is trained; training refuses its seeds (`pipeline.train.bank`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.priors import Stratum, anatomy_priors
from pipeline.phantom.recipe import GENERATOR_VERSION, SideRecipe, side_of_stratum
from pipeline.phantom.study import StudyPlan, make_truth
from pipeline.phantom.truth import Truth
from pipeline.records.base import SIDES, Record, Side
from pipeline.records.volumes import ImageRole

log = logging.getLogger(__name__)

SetName = Literal["test", "calibration"]
FIRST_SEED: dict[SetName, int] = {"test": 1_000, "calibration": 20_000}
_VENDORS = ("siemens", "ge", "philips")
_FIRST_LESION_RICH = 16
"""Calibration studies from this one on have more lesions: a fit needs enough of each kind."""


class ManifestEntry(Record):
    """One study of a set: its seed and the sha256 of its truth."""

    seed: int
    truth_sha256: str


class Manifest(Record):
    """A set of studies of one generator version."""

    generator_version: str
    name: SetName
    studies: tuple[ManifestEntry, ...]


def plans(name: SetName, count: int) -> list[StudyPlan]:
    """The first `count` plans of a set.

    Of the sides one third are in contact, one third 0.3-1.0 mm away, a twelfth 0.05-0.3 mm,
    the rest farther; a third of the studies have no TOF, half no T1c.
    """
    return [_plan(name, index) for index in range(count)]


def truth_sha256(truth: Truth) -> str:
    """Identity of a study's truth; fields that its generator did not know yet do not count."""
    return hashlib.sha256(truth.model_dump_json(exclude_unset=True).encode()).hexdigest()


def _plan(name: SetName, index: int) -> StudyPlan:
    seed = FIRST_SEED[name] + index
    rich = name == "calibration" and index >= _FIRST_LESION_RICH
    priors = anatomy_priors().sets["lesion_rich" if rich else name]
    rng = np.random.default_rng([41, seed])
    recipes = {
        side: side_of_stratum(_stratum(2 * index + k), priors, rng) for k, side in enumerate(SIDES)
    }
    return StudyPlan(
        seed=seed,
        vendor=_VENDORS[index % 3],
        recipes=recipes,
        sequences=_sequences(index),
        slab_mm=float(rng.uniform(34.0, 60.0)),
        slab_offset_mm=float(rng.normal(0.0, 2.5)),
        field_of_view_mm=float(rng.uniform(140.0, 190.0)),
    )


def _stratum(side_index: int) -> Stratum:
    """Twelve sides in turn: four in contact, four near, one blurred, three clear.

    The order pairs the strata in many ways on the two sides of a study.
    """
    cycle: Sequence[Stratum] = (
        "contact", "near", "near", "contact", "clear", "contact",
        "near", "clear", "contact", "blurred", "clear", "near",
    )  # fmt: skip
    turn = side_index // 12
    return cycle[(side_index + (turn % 2)) % 12] if turn % 3 else cycle[side_index % 12]


def _sequences(index: int) -> tuple[ImageRole, ...]:
    roles: list[ImageRole] = ["t2"]
    if index % 3 != 2:
        roles.append("tof")
    if (index // 3) % 2 == 0:
        roles.append("t1c")
    return tuple(roles)


def with_recipe(plan: StudyPlan, side: Side, recipe: SideRecipe) -> StudyPlan:
    """The plan with another recipe on one side."""
    return replace(plan, recipes={**plan.recipes, side: recipe})


def promise(name: SetName, count: int) -> Manifest:
    """The manifest of the first `count` plans, from their truth alone; impossible ones left out."""
    truths = []
    for plan in plans(name, count):
        try:
            truths.append(make_truth(plan))
        except ImpossibleAnatomyError as error:
            log.warning("%s", error)
    return make_manifest(name, truths)


def make_manifest(name: SetName, truths: Sequence[Truth]) -> Manifest:
    """The manifest of studies that were made."""
    entries = tuple(ManifestEntry(seed=t.seed, truth_sha256=truth_sha256(t)) for t in truths)
    return Manifest(generator_version=GENERATOR_VERSION, name=name, studies=entries)
