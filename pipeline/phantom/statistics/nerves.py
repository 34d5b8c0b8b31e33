"""Dimensions of the nerves and the canal of one side."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.side import SideAnatomy

_TRIGEMINAL, _NINTH, _INTERMEDIUS = 0, 2, -1
"""Places in `SideAnatomy.others`."""


def nerve_quantities(side: SideAnatomy) -> dict[str, float]:
    """Lengths and diameters in mm, angles in degrees."""
    nerve = side.nerve
    exit_point, detached, porus = (nerve.at(s) for s in (0.0, nerve.detachment_mm, nerve.porus_mm))
    lateral, forward = abs(porus[0] - detached[0]), detached[1] - porus[1]
    cisternal = nerve.between(nerve.zone_end_mm + 1.0, nerve.porus_mm)
    in_canal = nerve.radii[nerve.length > nerve.porus_mm + 4.0]
    to_eighth = np.linalg.norm(nerve.points - side.eighth.points[0], axis=1) - nerve.radii
    found = {
        "exit_from_midline_mm": abs(exit_point[0]),
        "attached_segment_mm": nerve.detachment_mm,
        "transition_zone_mm": nerve.zone_end_mm - nerve.detachment_mm,
        "seventh_diameter_mm": 2.0 * cisternal.radii.mean(),
        "seventh_in_canal_diameter_mm": 2.0 * in_canal.mean(),
        "eighth_diameter_mm": 2.0 * side.eighth.radii.mean(),
        "intermedius_diameter_mm": 2.0 * side.others[_INTERMEDIUS].radii.mean(),
        "trigeminal_diameter_mm": 2.0 * side.others[_TRIGEMINAL].radii.mean(),
        "ninth_diameter_mm": 2.0 * side.others[_NINTH].radii.mean(),
        "seventh_to_eighth_surface_mm": to_eighth.min() - side.eighth.radii[0],
        "seventh_above_ninth_mm": exit_point[2] - side.others[_NINTH].points[0, 2],
    }
    if side.mass is None:
        found["free_length_mm"] = nerve.porus_mm - nerve.detachment_mm
        found["course_from_sagittal_deg"] = np.degrees(np.arctan2(lateral, forward))
    return {name: float(value) for name, value in found.items()}


def canal_quantities(side: SideAnatomy) -> dict[str, float]:
    """Of a canal that no schwannoma has widened."""
    if side.recipe.mass == "schwannoma":
        return {}
    canal = side.canal
    return {
        "canal_length_mm": canal.length_mm,
        "canal_middle_diameter_mm": 2.0 * float(np.interp(0.5, canal.share, canal.radius_mm)),
        "porus_diameter_mm": 2.0 * float(np.interp(0.0, canal.share, canal.radius_mm)),
        "funnel": float(canal.form == "funnel"),
        "cylinder": float(canal.form == "cylinder"),
        "porus_to_midline_mm": float(abs(canal.porus[0])),
    }
