"""Number, origin, calibre and course of AICA, PICA and SCA, found in the geometry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import Points, arc_length, evenly, tangents
from pipeline.phantom.nearest import nearest_of
from pipeline.phantom.pattern import TOUCHES_MM
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.statistics.trunks import named
from pipeline.phantom.subject import SIGN, Subject
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import Side

_HYPOPLASTIC_MM = 1.0
_SHEET_STEPS = 30
_ENTERED = 0.05
"""Share of the canal's length; less is a loop that touches the opening."""
_VEIN_ABOVE_MM = 1.4


def aica_quantities(subject: Subject, side: Side) -> dict[str, float]:
    """Of one side; how it passes VIII and the canal only where no mass is in the way."""
    anatomy, basilar = subject.sides[side], named(subject, "BA")[0]
    trunks = [v for v in of_side(subject, "AICA", side) if v.origin == "BA"]
    found = {
        "aica_one_trunk": float(len(trunks) == 1),
        "aica_two_trunks": float(len(trunks) == 2),
        "aica_three_trunks": float(len(trunks) == 3),
    }
    along = arc_length(basilar.tube.points)
    origin = float(along[_nearest_index(basilar, trunks[0].tube.points[0])])
    found["aica_origin_above_junction_mm"] = origin
    found["aica_origin_in_lower_half"] = float(origin < 0.5 * along[-1])
    if not trunks[0].infundibulum:
        found["aica_trunk_diameter_mm"] = 2.0 * float(trunks[0].tube.radii[0])
    if anatomy.mass is None:
        found.update(_course(anatomy, trunks))
    found.update(_crossing(subject, side, trunks))
    return found


def other_branch_quantities(subject: Subject, side: Side) -> dict[str, float]:
    """PICA, SCA and the petrosal vein."""
    picas, scas = of_side(subject, "PICA", side), of_side(subject, "SCA", side)
    picas = [v for v in picas if v.origin != "PICA"]
    found = {
        "pica_absent": float(not picas),
        "pica_duplicate": float(len(picas) > 1),
        "sca_duplicate": float(len(scas) > 1),
        "sca_diameter_mm": 2.0 * float(np.mean([v.tube.radii[0] for v in scas])),
    }
    veins = [v for v in of_side(subject, "vein", side) if not _in_bone(v)]
    upper = [2.0 * float(v.tube.radii.max()) for v in veins]
    if max(upper) > _VEIN_ABOVE_MM:
        found["petrosal_vein_diameter_mm"] = max(upper)
    if picas:
        width = 2.0 * float(np.median(picas[0].tube.radii))
        origin = _origin_of(subject, picas[0])
        found["pica_hypoplastic"] = float(width < _HYPOPLASTIC_MM)
        found["pica_diameter_mm"] = width
        found["pica_from_vertebral"] = float(origin == "VA")
        found["pica_from_basilar"] = float(origin == "BA")
        found["pica_from_aica"] = float(origin == "AICA")
    return found


def of_side(subject: Subject, name: str, side: Side) -> list[Vessel]:
    """Vessels of a name whose end lies on the side."""
    return [v for v in named(subject, name) if v.tube.points[-1, 0] * SIGN[side] > 0]


def passes_between(vessel: Points, first: Points, second: Points) -> bool:
    """Whether a curve crosses the sheet that two others span; each (N, 3)."""
    pairs = [evenly(curve, arc_length(curve)[-1] / _SHEET_STEPS) for curve in (first, second)]
    count = min(len(pair) for pair in pairs)
    a, b = pairs[0][:count], pairs[1][:count]
    corners = [(a[:-1], a[1:], b[:-1]), (b[:-1], a[1:], b[1:])]
    return any(_pierces(vessel, *triangle) for triangle in corners)


def _pierces(curve: Points, a: Points, b: Points, c: Points) -> bool:
    """Whether any step of the curve goes through any of the triangles (Moeller and Trumbore)."""
    start, step = curve[:-1, None], np.diff(curve, axis=0)[:, None]
    edge_b, edge_c = (b - a)[None], (c - a)[None]
    normal = np.cross(step, edge_c)
    scale = (edge_b * normal).sum(axis=-1)
    scale = np.where(np.abs(scale) < 1e-12, np.inf, scale)
    offset = start - a[None]
    u = (offset * normal).sum(axis=-1) / scale
    across = np.cross(offset, edge_b)
    v = (step * across).sum(axis=-1) / scale
    t = (edge_c * across).sum(axis=-1) / scale
    return bool(((u >= 0) & (v >= 0) & (u + v <= 1) & (t >= 0) & (t <= 1)).any())


def _course(anatomy: SideAnatomy, trunks: list[Vessel]) -> dict[str, float]:
    nerve, eighth = anatomy.nerve, anatomy.eighth.points
    seventh = nerve.between(nerve.detachment_mm, nerve.porus_mm).points
    before = np.isnan(anatomy.canal.inside(eighth))
    cisternal = eighth[: max(int(np.argmin(before)), 2)]
    depth = max(
        float(np.nanmax(np.append(anatomy.canal.inside(v.tube.points), 0.0))) for v in trunks
    )
    between = any(passes_between(v.tube.points, seventh, cisternal) for v in trunks)
    return {
        "aica_between_seventh_and_eighth": float(between),
        "chavda_one": float(depth <= _ENTERED),
        "chavda_two": float(_ENTERED < depth <= 0.5),
        "chavda_three": float(depth > 0.5),
    }


def _crossing(subject: Subject, side: Side, trunks: list[Vessel]) -> dict[str, float]:
    """Calibre of AICA at the nerve, and the angle at which the nearest vessel crosses."""
    nerve, nearest = subject.sides[side].nerve, subject.nearest[side]
    found = {}
    if nearest.gap_mm >= TOUCHES_MM:
        course = nerve.between(nerve.detachment_mm, nerve.porus_mm)
        places = [nearest_of(course, v.tube, "AICA") for v in trunks[:1]]
        found["aica_elsewhere_diameter_mm"] = min(places, key=lambda p: p.gap_mm).diameter_mm
        return found
    if nearest.vessel == "AICA":
        found["aica_contact_diameter_mm"] = nearest.diameter_mm
    for vessel in of_side(subject, nearest.vessel, side):
        at = _nearest_index(vessel, np.asarray(nearest.point_lps))
        reach = float(np.linalg.norm(vessel.tube.points[at] - nearest.point_lps))
        if reach < nearest.diameter_mm + 1.0:
            cosine = abs(float(tangents(vessel.tube.points)[at] @ nerve.tangent(nearest.s_mm)))
            found["crossing_angle_deg"] = float(np.degrees(np.arccos(min(cosine, 1.0))))
            break
    return found


def _origin_of(subject: Subject, vessel: Vessel) -> str:
    """The artery whose surface the vessel's first point is deepest within."""
    start = vessel.tube.points[0]
    parents = [v for v in subject.vessels if v.name in {"VA", "BA", "AICA"}]
    depth = [
        float((np.linalg.norm(v.tube.points - start, axis=1) - v.tube.radii).min()) for v in parents
    ]
    return parents[int(np.argmin(depth))].name


def _nearest_index(vessel: Vessel, place: NDArray[np.float64]) -> int:
    return int(np.argmin(np.linalg.norm(vessel.tube.points - place, axis=1)))


def _in_bone(vessel: Vessel) -> bool:
    """Sigmoid sinus and jugular bulb."""
    return bool(vessel.tube.radii.max() > 2.0)
