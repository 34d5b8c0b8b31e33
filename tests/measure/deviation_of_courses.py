"""How far the measured deviation agrees with the true one, on exact courses of generated nerves.

python -m tests.measure.deviation_of_courses [SEEDS]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from sklearn.metrics import cohen_kappa_score

from pipeline.measure.course import NerveCourse, evenly
from pipeline.measure.nerve_shape import deviation_mm
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.priors import anatomy_priors
from pipeline.phantom.recipe import random_side
from pipeline.phantom.subject import Subject, make_subject
from pipeline.records.base import SIDES

FIRST_SEED = 700_000
_TOUCHES_MM = 0.05
_DEVIATED_MM, _ATTACHED_DEVIATED_MM = 0.5, 0.35
"""Limits of the output contract."""


def subjects(count: int) -> Iterator[Subject]:
    """Of the seeds' subjects those with a contact."""
    priors = anatomy_priors().sets["test"]
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        rng = np.random.default_rng([43, seed])
        recipes = {side: random_side(priors, rng) for side in SIDES}
        if min(recipe.gap_mm for recipe in recipes.values()) < _TOUCHES_MM:
            try:
                yield make_subject(seed, recipes)
            except ImpossibleAnatomyError:
                continue


def sides_in_contact(subject: Subject) -> Iterator[tuple[float, float, float]]:
    """(true deviation, measured deviation, limit) in mm; 0 where it could not be measured."""
    for side in SIDES:
        anatomy, nearest = subject.sides[side], subject.nearest[side]
        passages = anatomy.passages.get(anatomy.recipe.offender)
        if nearest.gap_mm >= _TOUCHES_MM or not passages:
            continue
        points = anatomy.nerve.between(0.0, anatomy.nerve.porus_mm).points
        course = NerveCourse(evenly(points, 0.25), anatomy.nerve.zone_end_mm)
        towards = course.at(nearest.s_mm) + passages[0].away
        attached = nearest.s_mm < anatomy.nerve.detachment_mm
        yield (
            anatomy.deviation_mm,
            deviation_mm(course, nearest.s_mm, towards) or 0.0,
            _ATTACHED_DEVIATED_MM if attached else _DEVIATED_MM,
        )


def main(seeds: int) -> None:
    """Print number of sides, mean error of true deviations, and kappa of "deviated"."""
    found = np.array([row for subject in subjects(seeds) for row in sides_in_contact(subject)])
    true, measured, limit = found.T
    error = np.abs(measured - true)[true >= limit].mean()
    kappa = cohen_kappa_score(true >= limit, measured >= limit)
    sys.stdout.write(
        f"{len(found)} sides in contact, {(true >= limit).sum()} deviated: "
        f"mean error of these {error:.2f} mm, kappa {kappa:.2f}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150)
