"""What is true of one side of a generated study, in the contract's own terms (LPS mm)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from pipeline.geometry import Grid
from pipeline.phantom.curves import Points
from pipeline.phantom.pattern import TOUCHES_MM, contact_of
from pipeline.phantom.render import Painting
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.subject import Subject
from pipeline.phantom.truth import LesionTruth, MimicTruth, SideTruth
from pipeline.records.base import Point, Side
from pipeline.records.findings import Grade, Segment
from pipeline.records.labels import Label


def rez_lps(subject: Subject, side: Side) -> Points:
    """Midpoint of the root exit zone by arc length, shape (3,)."""
    nerve = subject.sides[side].nerve
    return nerve.at(0.5 * nerve.zone_end_mm)


def side_truth(subject: Subject, side: Side, fine: Painting, reference: Grid) -> SideTruth:
    """What is true of a side. fine: the subject painted around its nerves; reference: the slab."""
    anatomy, nearest = subject.sides[side], subject.nearest[side]
    nerve = anatomy.nerve
    rez = rez_lps(subject, side)
    course = nerve.between(0.0, nerve.porus_mm).points[::3]
    gap = max(0.0, nearest.gap_mm)
    aneurysm = subject.aneurysms[side]
    contact = contact_of(nerve, subject.vessels)
    return SideTruth(
        rez_in_slab=bool(reference.contains(rez)),
        rexp_lps_mm=_point(nerve.at(0.0)),
        rez_lps_mm=_point(rez),
        rdp_lps_mm=_point(nerve.at(nerve.detachment_mm)),
        tz_end_lps_mm=_point(nerve.at(nerve.zone_end_mm)),
        porus_lps_mm=_point(nerve.at(nerve.porus_mm)),
        nerve_centreline_lps_mm=tuple(_point(p) for p in course),
        nerve_radius_mm=float(np.median(nerve.radii)),
        gap_mm=gap,
        grade=true_grade(
            gap,
            nearest.s_mm < nerve.detachment_mm,
            anatomy.deviation_mm,
            anatomy.indentation_fraction,
        ),
        segment=true_segment(nearest.s_mm, nerve.detachment_mm, nerve.zone_end_mm),
        distance_from_rexp_mm=nearest.s_mm,
        contact_point_lps_mm=_point(np.array(nearest.point_lps)),
        vessel=nearest.vessel,
        vessel_diameter_mm=nearest.diameter_mm,
        deviation_mm=anatomy.deviation_mm,
        indentation_fraction=anatomy.indentation_fraction,
        tumour=_lesion(anatomy.mass.kind, fine, Label.TUMOUR, anatomy.sign, reference)
        if anatomy.mass
        else None,
        aneurysm=_lesion(aneurysm.kind, fine, Label.ANEURYSM, anatomy.sign, reference)
        if aneurysm
        else None,
        pattern=contact.pattern if gap < TOUCHES_MM else None,
        other_vessels=contact.others,
        aneurysm_parent=aneurysm.parent if aneurysm else None,
        mimic=_mimic(subject, anatomy),
    )


def _mimic(subject: Subject, anatomy: SideAnatomy) -> MimicTruth | None:
    """The cyst or the infundibulum of a side."""
    for body in (n.shape for n in anatomy.neighbours if n.kind == anatomy.recipe.mimic):
        return MimicTruth(
            kind="arachnoid_cyst",
            max_diameter_mm=2.0 * float(body.semi_axes.max()),
            centroid_lps_mm=_point(body.centre),
        )
    for vessel in subject.vessels:
        if vessel.infundibulum and vessel.tube.points[-1, 0] * anatomy.sign > 0:
            return MimicTruth(
                kind="infundibulum",
                max_diameter_mm=2.0 * float(vessel.tube.radii[0]),
                centroid_lps_mm=_point(vessel.tube.points[0]),
            )
    return None


def true_grade(gap_mm: float, attached: bool, deviation_mm: float, indentation: float) -> Grade:
    """The contract's scale: contact below 0.05 mm, near up to 1.0 mm."""
    if gap_mm > 1.0:
        return "none"
    if gap_mm >= TOUCHES_MM:
        return "near"
    if indentation >= 0.2:
        return "indentation"
    return "deviation" if deviation_mm >= (0.35 if attached else 0.5) else "contact"


def true_segment(s_mm: float, detachment_mm: float, zone_end_mm: float) -> Segment:
    """The contract's segment at an arc length from the exit point."""
    if s_mm <= 1.0:
        return "RExP"
    if s_mm < detachment_mm - 0.5:
        return "AS"
    return "RDP_TZ" if s_mm <= zone_end_mm else "CP"


def _lesion(
    kind: str, fine: Painting, label: Label, sign: float, reference: Grid
) -> LesionTruth | None:
    """Size and place of the side's lesion as far as the slab shows it; None where it does not."""
    parts, count = ndimage.label(fine.labels == label)
    best: Points | None = None
    for part in range(1, count + 1):
        points = fine.grid.to_lps(np.argwhere(parts == part))
        points = points[reference.contains(points)]
        if len(points) < 20:
            continue
        same_side = points[:, 0].mean() * sign > -6.0
        if same_side and (best is None or len(points) > len(best)):
            best = points
    if best is None:
        return None
    hull = best[ConvexHull(best).vertices]
    return LesionTruth(
        kind=kind,
        volume_mm3=len(best) * fine.grid.voxel_volume_mm3,
        max_diameter_mm=float(pdist(hull).max()),
        centroid_lps_mm=_point(best.mean(axis=0)),
    )


def _point(point: NDArray[np.float64]) -> Point:
    x, y, z = (round(float(value), 4) for value in point)
    return (x, y, z)
