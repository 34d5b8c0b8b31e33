"""Marrow of the petrous bone: rounded, often bright, beside the canal; a mimic of a mass.

Fatty marrow of the petrous apex is asymmetric in 4-10 % of people and is read as a lesion by
the unwary; on a real time-of-flight study a network that had never seen it called it a tumour.
Where it lies and how much of it is fat, water and bone are drawn freely, since no figures are
at hand: from a few spaces of 2 mm to an apex full of it, from red marrow to fat alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.appearance import Appearance
from pipeline.phantom.relaxation import Values
from pipeline.phantom.shapes import Ellipsoid
from pipeline.phantom.skull import Canal
from pipeline.phantom.tissues import Tissue


@dataclass(frozen=True, eq=False)
class MarrowSpace:
    """fat: its share of the marrow, the rest is watery. bone: share of trabeculae, silent."""

    shape: Ellipsoid
    fat: float
    bone: float

    def brightness(self, appearance: Appearance) -> Values:
        """Of each painted component of one sequence; fat and water may cancel each other."""
        return (1.0 - self.bone) * appearance.of_mixture(self.fat, Tissue.MARROW)


def marrow_spaces(canals: Sequence[Canal], rng: np.random.Generator) -> list[MarrowSpace]:
    """One to seven spaces in front of and around each canal; what reaches the cistern is cut."""
    spaces = []
    for canal in canals:
        fat, largest = rng.uniform(0.0, 1.0), rng.uniform(4.0, 12.0)
        for _ in range(rng.integers(1, 8)):
            mixed = float(np.clip(fat + rng.normal(0.0, 0.15), 0.0, 1.0))
            spaces.append(_space(canal, mixed, largest, rng))
    return spaces


def _space(canal: Canal, fat: float, largest_mm: float, rng: np.random.Generator) -> MarrowSpace:
    semi_axes = np.exp(rng.uniform(np.log(2.0), np.log(largest_mm), 3))
    outward: NDArray[np.float64] = rng.normal(size=3) - [0.0, 0.8, 0.0]
    outward /= np.linalg.norm(outward)
    centre = canal.axis[rng.integers(len(canal.axis))] + outward * rng.uniform(6.0, 16.0)
    shape = Ellipsoid(centre, semi_axes, Rotation.random(rng=rng).as_matrix())
    return MarrowSpace(shape, fat, float(rng.uniform(0.0, 0.8)))
