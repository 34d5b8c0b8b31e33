"""How well gaps are known from labels drawn voxel by voxel: against the exact anatomy.

python -m tests.evaluate.label_gaps VOXEL_MM SUBJECTS prints each side and the mean error.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from pipeline.evaluate.known import touch_of
from pipeline.evaluate.label_truth import known_sides
from pipeline.geometry import Grid, Volume
from pipeline.phantom.fractions import label_fractions
from pipeline.phantom.manifest import plans
from pipeline.phantom.subject import Subject, make_subject
from pipeline.records.base import SIDES
from pipeline.settings import load_settings

FIRST = 24
"""Calibration plans before this one served to choose limits of the measuring."""
_SIZE_MM = np.array([84.0, 44.0, 48.0])
"""Holds both nerves and their vessels."""


def drawn_labels(subject: Subject, voxel_mm: float) -> Volume:
    """The likeliest label of every voxel around both nerves."""
    nerves = [subject.sides[side].nerve for side in SIDES]
    centre = np.mean([nerve.at(0.6 * nerve.porus_mm) for nerve in nerves], axis=0)
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = centre - _SIZE_MM / 2
    i, j, k = (round(edge / voxel_mm) for edge in _SIZE_MM)
    grid = Grid((i, j, k), affine)
    return Volume(label_fractions(subject, grid).argmax(axis=0).astype(np.uint8), grid)


def label_gaps(voxel_mm: float, count: int) -> list[tuple[float, float]]:
    """True gap and the one from labels, of every side that can be measured."""
    gaps = []
    for plan in plans("calibration", FIRST + count)[FIRST:]:
        subject = make_subject(plan.seed, plan.recipes)
        known = known_sides(drawn_labels(subject, voxel_mm), load_settings())
        for side in SIDES:
            found = known[side].gap_mm
            if found is not None:
                gaps.append((max(0.0, subject.nearest[side].gap_mm), found))
                print(f"{plan.seed} {side}: {gaps[-1][0]:.3f} {found:.3f}", flush=True)  # noqa: T201
    return gaps


if __name__ == "__main__":
    pairs = label_gaps(float(sys.argv[1]), int(sys.argv[2]))
    error = np.mean([abs(found - true) for true, found in pairs if true < 2.0])
    classes = Counter((touch_of(true), touch_of(found)) for true, found in pairs)
    print(f"{len(pairs)} sides; mean error below 2 mm {error:.3f}; {dict(classes)}")  # noqa: T201
