"""Where liquor moves with the heartbeat: around the great arteries and the foramina of Luschka.

Turbo spin echoes lose the signal of liquor that moves between pulses; the dark streaks lie in
front of the pons and where the fourth ventricle opens beside the root exit zone.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from pipeline.phantom.curves import Points
from pipeline.phantom.relaxation import Values
from pipeline.phantom.subject import SIGN, Subject
from pipeline.records.base import SIDES

_REACH_MM = 4.5
"""Where the movement has fallen to 1/e: about the depth of the cistern around the basilar."""
_FORAMEN_FROM_EXIT_MM = np.array([2.0, 4.0, -3.0])
"""Lateral, behind and below the exit of the facial nerve, in front of the flocculus."""


def moving_share(subject: Subject, points: Points) -> Values:
    """0 (still) to 1 (moves most) at LPS points (..., 3)."""
    trunk = [v.tube.points[::4] for v in subject.vessels if v.name in ("BA", "VA")]
    sources = [(np.concatenate(trunk), 1.0)] if trunk else []
    for side in SIDES:
        exit_point = subject.sides[side].nerve.at(0.0)
        foramen = exit_point + _FORAMEN_FROM_EXIT_MM * [SIGN[side], 1.0, 1.0]
        sources.append((foramen[None], 0.8))
    share = np.zeros(points.shape[:-1])
    for places, strength in sources:
        apart, _ = KDTree(places).query(points, distance_upper_bound=3.0 * _REACH_MM)
        share = np.maximum(share, strength * np.exp(-((apart / _REACH_MM) ** 2)))
    return share
