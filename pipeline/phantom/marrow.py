"""Marrow of the petrous bone: rounded, often bright, beside the canal; a mimic of a mass.

Fatty marrow of the petrous apex is asymmetric in 4-10 % of people and is read as a lesion by
the unwary; on a real time-of-flight study a network that had never seen it called it a tumour.
Where it lies and how bright it is are drawn freely, since no figures are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.phantom.appearance import Appearance
from pipeline.phantom.shapes import Ellipsoid
from pipeline.phantom.skull import Canal
from pipeline.phantom.tissues import Tissue


@dataclass(frozen=True, eq=False)
class MarrowSpace:
    """share_of_fat: its brightness between compact bone (0) and fat (1)."""

    shape: Ellipsoid
    share_of_fat: float

    def brightness(self, appearance: Appearance) -> float:
        """In one sequence."""
        bone, fat = appearance.signal[[Tissue.BONE, Tissue.FAT]]
        return float(bone + self.share_of_fat * (fat - bone))


def marrow_spaces(canals: Sequence[Canal], rng: np.random.Generator) -> list[MarrowSpace]:
    """None to four spaces in front of and around each canal; what reaches the cistern is cut."""
    return [_space(canal, rng) for canal in canals for _ in range(rng.integers(0, 5))]


def _space(canal: Canal, rng: np.random.Generator) -> MarrowSpace:
    semi_axes = np.exp(rng.uniform(np.log(2.5), np.log(8.0), 3))
    outward: NDArray[np.float64] = rng.normal(size=3) - [0.0, 0.8, 0.0]
    outward /= np.linalg.norm(outward)
    centre = canal.axis[rng.integers(len(canal.axis))] + outward * rng.uniform(6.0, 16.0)
    shape = Ellipsoid(centre, semi_axes, Rotation.random(rng=rng).as_matrix())
    return MarrowSpace(shape, float(rng.uniform(0.1, 1.1)))
