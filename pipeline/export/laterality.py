"""Which segments lie on one side of the patient alone.

A segment of the SEG holds a structure of both sides. A finding of one side may point at it only
where nothing of the other side is in it.
"""

from __future__ import annotations

import numpy as np

from pipeline.geometry import Volume
from pipeline.measure.lesions import midline
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Findings
from pipeline.records.labels import Label


def one_sided_segments(labels: Volume, findings: Findings) -> dict[Label, Side]:
    """The labels whose voxels all lie on one side of the midline, with that side.

    Empty where a root exit zone is missing, for then the midline is not known.
    """
    found = {side: findings.sides[side].rez_lps_mm for side in SIDES}
    middle = midline({side: np.array(place) for side, place in found.items() if place is not None})
    if middle is None:
        return {}
    result: dict[Label, Side] = {}
    for label in (one for one in Label if one != Label.OTHER):
        lateral = middle.lateral_mm(labels.grid.to_lps(np.argwhere(labels.array == label)))
        if len(lateral) and (lateral > 0).all():
            result[label] = "left"
        elif len(lateral) and (lateral < 0).all():
            result[label] = "right"
    return result
