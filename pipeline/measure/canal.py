"""How far a mass reaches into the internal auditory canal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measure.lesions import Lesion, Midline
from pipeline.measure.soft_labels import Points
from pipeline.records.base import Side

_CANAL_RADIUS_MM = 4.5
"""Around the canal's axis: canals are 5.7-5.9 mm wide (Erkoc, Folia Morphol 71:217), tumours widen
them. What lies farther off spreads along the bone beside the opening."""


@dataclass(frozen=True, eq=False)
class Canal:
    """The internal auditory canal of one side. porus_lps: its opening. outward: unit vector.

    It is taken to run straight to the side, at right angles to the midline: on average canals
    do, within some 12 degrees.
    """

    porus_lps: Points
    outward: Points

    @classmethod
    def of_side(cls, porus_lps: Points, side: Side, middle: Midline) -> Canal:
        return cls(porus_lps, middle.to_left if side == "left" else -middle.to_left)


def in_canal_mm(mass: Lesion, canal: Canal) -> float:
    """Extent of a mass beyond the porus along the canal, mm; 0 where it ends before."""
    offset = mass.grid.to_lps(np.argwhere(mass.mask)) - canal.porus_lps
    along = offset @ canal.outward
    across = np.linalg.norm(offset - along[:, None] * canal.outward, axis=1)
    inside = along[across <= _CANAL_RADIUS_MM]
    return max(0.0, float(inside.max()) + 0.5 * mass.grid.voxel_mm[0]) if len(inside) else 0.0
