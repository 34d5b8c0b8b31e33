"""Calibres and course of the vertebral and basilar arteries."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.pattern import TOUCHES_MM
from pipeline.phantom.subject import SIGN, Subject
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import SIDES

DOMINANT_MM = 0.3
_BOWED_MM = 0.5


def trunk_quantities(subject: Subject) -> dict[str, float]:
    """Diameters in mm (means of both sides) and shares as 0 or 1; absent where not defined."""
    basilar = named(subject, "BA")[0]
    vertebrals = named(subject, "VA")
    proximal = {np.sign(v.tube.points[0, 0]): 2.0 * float(v.tube.radii[0]) for v in vertebrals}
    difference = proximal[1.0] - proximal[-1.0]
    width = 2.0 * basilar.tube.radii
    rexp_z = np.mean([subject.sides[s].nerve.at(0.0)[2] for s in SIDES])
    found = {
        "vertebral_proximal_diameter_mm": float(np.mean(list(proximal.values()))),
        "vertebral_distal_diameter_mm": float(
            np.mean([2.0 * v.tube.radii[-1] for v in vertebrals])
        ),
        "basilar_proximal_diameter_mm": float(width[0]),
        "basilar_distal_diameter_mm": float(width[-1]),
        "basilar_above_4_5_mm": float(width.max() > 4.5 + 1e-6),
        "vertebral_dominance": float(abs(difference) >= DOMINANT_MM),
        "junction_from_sulcus_mm": float(basilar.tube.points[0, 2] - rexp_z),
    }
    bow = _bow_mm(basilar)
    if abs(difference) >= DOMINANT_MM and abs(bow) > _BOWED_MM:
        found["basilar_bows_from_dominant"] = float(np.sign(bow) != np.sign(difference))
    touched = [SIGN[s] for s in SIDES if subject.nearest[s].gap_mm < TOUCHES_MM]
    if len(touched) == 1:
        lean = float(basilar.tube.points[0, 0])
        found["junction_leans_to_contact"] = float(np.sign(lean) == touched[0])
    return found


def named(subject: Subject, name: str) -> list[Vessel]:
    """All vessels of a name."""
    return [vessel for vessel in subject.vessels if vessel.name == name]


def _bow_mm(vessel: Vessel) -> float:
    """Lateral distance of the vessel's middle from the line between its ends; + is left."""
    points = vessel.tube.points
    middle = points[len(points) // 2]
    share = (middle[2] - points[0, 2]) / (points[-1, 2] - points[0, 2])
    return float(middle[0] - points[0, 0] - share * (points[-1, 0] - points[0, 0]))
