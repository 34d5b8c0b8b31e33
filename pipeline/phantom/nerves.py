"""The facial nerve with its landmarks, and its neighbours V, VI, VIII, IX/X of one side.

Dimensions: exit 9.5-14.5 mm from the midline (textbook values); attached segment 8-10 mm and
transition zone 1.9 mm (Tomii 2003); free length 11 +/- 2.5 mm and calibres of 52 heads (PMID
19670628).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipeline.phantom.curves import (
    Points,
    arc_length,
    around,
    at_length,
    evenly,
    keep_clear,
    perpendicular,
    smooth_curve,
    unit,
)
from pipeline.phantom.deformation import ImpossibleAnatomyError, SubjectBrain
from pipeline.phantom.shapes import Tube
from pipeline.phantom.skull import Canal

STEP_MM = 0.1
"""Spacing of the nerve's centreline."""
_RAY_START_Y_MM = 4.0
"""Behind the temporal lobes, before any pons."""


@dataclass(frozen=True, eq=False)
class FacialNerve:
    """CN VII of one side from the root exit point to the fundus of the canal.

    points: (N, 3) LPS mm every 0.1 mm. radii: (N,) mm. Positions along it in mm from the exit
    point: detachment_mm (RDP), zone_end_mm (end of the transition zone), porus_mm.
    outward: unit vector at the attached segment, away from the pons.
    """

    points: Points
    radii: NDArray[np.float64]
    detachment_mm: float
    zone_end_mm: float
    porus_mm: float
    outward: NDArray[np.float64]

    @property
    def length(self) -> NDArray[np.float64]:
        return arc_length(self.points)

    def at(self, s_mm: float) -> Points:
        return at_length(self.points, s_mm)

    def tangent(self, s_mm: float) -> Points:
        return unit(self.at(s_mm + 0.3) - self.at(max(s_mm - 0.3, 0.0)))

    def between(self, first_mm: float, last_mm: float) -> Tube:
        """The part between two positions, for labels and distances."""
        keep = (self.length >= first_mm - 1e-6) & (self.length <= last_mm + 1e-6)
        return Tube(self.points[keep], self.radii[keep], np.ones(int(keep.sum())))

    def with_course(self, points: Points) -> FacialNerve:
        """The same nerve moved to another course of the same number of points."""
        return replace(self, points=points)


def facial_nerve(
    brain: SubjectBrain, sign: float, rng: np.random.Generator
) -> tuple[FacialNerve, NDArray[np.float64]]:
    """A nerve up to its porus, and the porus; `sign` is +1 on the patient's left."""
    attached = _attached_segment(brain, sign, rng)
    end = attached[-1]
    free_mm = float(np.clip(rng.normal(11.0, 2.5), 6.0, 17.0))
    outward = brain.clearance(attached[-2:])[1][-1]
    angle = np.deg2rad(rng.uniform(42.0, 66.0))
    rise = np.deg2rad(rng.uniform(0.0, 20.0))
    heading = np.array([sign * np.sin(angle), -np.cos(angle), np.tan(rise)])
    porus = end + free_mm * unit(heading + 0.25 * outward)
    porus[0] = sign * np.clip(abs(porus[0]), 21.0, 28.0)
    arc = np.linspace(0.0, 1.0, 5)[1:, None]
    bow = rng.normal(0.0, 0.5, 3)
    free = end + arc * (porus - end) + np.sin(np.pi * arc) * (0.8 * outward + bow)
    course = smooth_curve(np.concatenate([attached, free]), STEP_MM)
    detachment = _position_of(course, end)
    cisternal_radius = float(np.clip(rng.normal(0.58, 0.11), 0.38, 0.85))
    length = arc_length(course)
    swelling = 1.0 + rng.uniform(0.0, 0.25) * np.exp(-(((length - detachment) / 2.0) ** 2))
    return (
        FacialNerve(
            points=course,
            radii=cisternal_radius * swelling,
            detachment_mm=detachment,
            zone_end_mm=detachment + float(np.clip(rng.normal(1.9, 0.3), 1.2, 2.6)),
            porus_mm=float(length[-1]),
            outward=outward,
        ),
        porus,
    )


def into_canal(nerve: FacialNerve, canal: Canal, rng: np.random.Generator) -> FacialNerve:
    """The nerve continued through the antero-superior part of its canal, to its fundus.

    Diameter there 0.95-1.03 +/- 0.22 mm (MRI, 169 ears).
    """
    inside = [canal.place(share, -0.38, 0.38) for share in np.linspace(0.25, 0.98, 8)]
    tail = smooth_curve(np.concatenate([nerve.points[-1:], np.stack(inside)]), STEP_MM)
    points = np.concatenate([nerve.points, tail[1:]])
    radius = float(np.clip(rng.normal(0.495, 0.1), 0.3, 0.75))
    ease = np.minimum(1.0, np.arange(1, len(tail)) * STEP_MM / 2.0)
    radii = np.concatenate([nerve.radii, nerve.radii[-1] + ease * (radius - nerve.radii[-1])])
    return replace(nerve, points=points, radii=radii)


def vestibulocochlear_nerve(
    nerve: FacialNerve,
    canal: Canal,
    brain: SubjectBrain,
    room: tuple[float, Points, float] | None,
    rng: np.random.Generator,
) -> Tube:
    """CN VIII: 0.5-2 mm lateral of VII at the brainstem, postero-inferior in the canal.

    room: (position along VII in mm, direction from VII, width in mm) that a vessel takes between
    the two nerves.
    """
    sign = np.sign(canal.porus[0])
    radius = float(np.clip(rng.normal(1.075, 0.26), 0.6, 1.7))
    start_at = nerve.detachment_mm - rng.uniform(0.0, 1.0)
    beside = nerve.at(start_at)
    apart = nerve.radii.mean() + radius + rng.uniform(0.1, 0.5)
    start = brain.surface_behind(beside[0] + sign * apart, beside[2], _RAY_START_Y_MM)
    inside = np.stack([canal.place(share, 0.36, -0.30) for share in (0.1, 0.3, 0.6, 0.95)])
    if room is None:
        middle_s = 0.5 * (nerve.detachment_mm + nerve.porus_mm)
        aside, free_mm = behind_nerve(nerve, middle_s, sign), rng.uniform(0.05, 0.5)
    else:
        middle_s, aside, free_mm = room
    thickness = float(np.interp(middle_s, nerve.length, nerve.radii)) + radius
    middle = nerve.at(middle_s) + aside * (thickness + free_mm)
    course = smooth_curve(np.concatenate([[start, middle], inside]), 0.25)
    cisternal = nerve.between(0.0, float(nerve.length[-1]))
    held = np.linalg.norm(course - middle, axis=1) < 0.6
    course = keep_clear(
        course,
        np.full(len(course), radius),
        [around(cisternal.points, cisternal.radii)],
        margin_mm=0.03,
        fixed=held,
    )
    return Tube.plain(course, radius)


def behind_nerve(nerve: FacialNerve, s_mm: float, sign: float) -> Points:
    """Unit vector across VII towards VIII."""
    return perpendicular([sign * 0.35, 0.85, -0.35], nerve.tangent(s_mm))


def other_nerves(
    nerve: FacialNerve, brain: SubjectBrain, sign: float, sulcus_z: float, rng: np.random.Generator
) -> list[Tube]:
    """V, VI, IX/X and the nervus intermedius, which networks must not take for VII.

    Diameters V 2.54 +/- 0.84, IX 0.77 +/- 0.24, intermedius 0.4 mm (52 heads); IX leaves the
    medulla 2-3 mm below VII.
    """
    x = rng.uniform(16.0, 18.5)
    trigeminal = brain.surface_behind(sign * x, sulcus_z + rng.uniform(13.0, 17.0), -15.0)
    cave = trigeminal + [
        sign * rng.uniform(1.0, 6.0),
        -rng.uniform(10.0, 14.0),
        rng.uniform(-1.0, 4.0),
    ]
    abducens = brain.surface_behind(sign * rng.uniform(4.0, 7.0), sulcus_z + 0.5, -5.0)
    dorello = abducens + [sign * 3.0, -rng.uniform(6.0, 10.0), rng.uniform(8.0, 14.0)]
    vagus = brain.surface_behind(
        sign * rng.uniform(9.0, 12.0), sulcus_z - rng.uniform(2.0, 3.0), 0.0
    )
    foramen = nerve.at(nerve.porus_mm) + [
        sign * rng.uniform(-3.0, 3.0),
        rng.uniform(0.0, 6.0),
        -rng.uniform(8.0, 12.0),
    ]
    tubes = [
        _bowed(trigeminal, cave, float(np.clip(rng.normal(1.27, 0.42), 0.6, 2.2)), rng),
        _bowed(abducens, dorello, rng.uniform(0.35, 0.6), rng),
    ]
    for drop in (0.0, 1.6, 3.2)[: int(rng.integers(1, 4))]:
        shift = np.array([0.0, 0.3 * drop, -drop])
        radius = float(np.clip(rng.normal(0.385, 0.12), 0.18, 0.7))
        tubes.append(_bowed(vagus + shift, foramen + 0.4 * shift, radius, rng))
    between = np.linspace(nerve.detachment_mm + 0.5, nerve.porus_mm, 6)
    side = np.array([sign * 0.2, 0.6, -0.2]) * (nerve.radii.mean() + 0.25)
    intermedius = float(np.clip(rng.normal(0.2, 0.035), 0.12, 0.3))
    tubes.append(Tube.plain(np.stack([nerve.at(s) + side for s in between]), intermedius))
    return tubes


def _attached_segment(brain: SubjectBrain, sign: float, rng: np.random.Generator) -> Points:
    """Points on the pons surface from exit to detachment, 8-10 mm along it.

    Where a draw leaves the pons (a step of the surface), another one is taken.
    """
    for _ in range(30):
        points = _attached_attempt(brain, sign, rng.uniform(9.8, 14.2), rng)
        if 7.6 <= arc_length(evenly(points, 0.25))[-1] <= 10.4:
            return points
    raise ImpossibleAnatomyError("no attached segment fits this brain")


def _attached_attempt(
    brain: SubjectBrain, sign: float, lateral: float, rng: np.random.Generator
) -> Points:
    wanted = rng.uniform(8.0, 10.0)
    slant = np.deg2rad(rng.uniform(25.0, 50.0))
    embedded = rng.uniform(-0.1, 0.25)
    z = pons_lip_z(brain, sign * lateral) + rng.uniform(0.2, 1.5)
    rise = np.linspace(0.0, 1.0, 9)
    extent = wanted * 0.85
    for _ in range(4):
        x = sign * (lateral + rise * extent * np.sin(slant))
        heights = z + rise * extent * np.cos(slant)
        surface = brain.surfaces_behind(x, heights, _RAY_START_Y_MM)
        surface[:, 1] = gaussian_filter1d(surface[:, 1], 1.0, mode="nearest")
        length = arc_length(evenly(surface, 0.25))[-1]
        extent *= wanted / length
    smooth = smooth_curve(surface[[0, 2, 4, 6, 8]], 1.0)
    outward = brain.clearance(smooth)[1]
    return smooth + outward * embedded


def pons_lip_z(brain: SubjectBrain, x: float) -> float:
    """Height (mm) of the lower edge of the pons at a lateral position.

    Below it the ventral surface falls back by more than 2 mm over 1 mm of height.
    """
    heights = np.arange(-36.0, -52.0, -0.5)
    depth = brain.surfaces_behind(np.full_like(heights, x), heights, _RAY_START_Y_MM)[:, 1]
    falls = np.flatnonzero(np.diff(depth, prepend=depth[0]) > 1.0)
    return float(heights[falls[0] - 1] if len(falls) else heights[-1])


def _position_of(course: Points, point: Points) -> float:
    nearest = int(np.argmin(np.linalg.norm(course - point, axis=1)))
    return float(arc_length(course)[nearest])


def _bowed(start: Points, end: Points, radius: float, rng: np.random.Generator) -> Tube:
    middle = 0.5 * (start + end) + rng.normal(0.0, 0.8, 3)
    return Tube.plain(smooth_curve(np.stack([start, middle, end]), 0.3), radius)
