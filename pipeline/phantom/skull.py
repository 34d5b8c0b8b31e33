"""Where the cistern ends: dura, petrous bone, canals and the inner ear of one subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import Points, perpendicular, unit
from pipeline.phantom.deformation import SubjectBrain, with_direction
from pipeline.phantom.priors import pick
from pipeline.phantom.shapes import Tube

CanalForm = Literal["funnel", "cylinder", "bud"]
_SULCUS_Z_MM = -47.0
"""Height of the pontomedullary sulcus in the template."""
_BEHIND_MM, _BESIDE_MM = (8.0, 22.0), (14.0, 24.0)
"""Behind the pori, and off the midline: over these the cistern narrows to a sheet of liquor. In
the midline it stays wide (cisterna magna)."""


@dataclass(frozen=True, eq=False)
class Canal:
    """An internal auditory canal.

    axis: from within the cistern to the fundus, LPS mm. share: position along it, 0 at the porus
    and 1 at the fundus. porus: centre of the opening. length_mm: porus to fundus.
    """

    porus: NDArray[np.float64]
    axis: Points
    share: NDArray[np.float64]
    radius_mm: NDArray[np.float64]
    direction: NDArray[np.float64]
    length_mm: float
    form: CanalForm

    @property
    def tube(self) -> Tube:
        return Tube(self.axis, self.radius_mm, np.ones(len(self.axis)))

    def place(self, share: float, back: float, up: float) -> Points:
        """A place at a share of the length; back and up: off the axis, in radii there; (3,)."""
        radius = float(np.interp(share, self.share, self.radius_mm))
        across = perpendicular([0.0, 1.0, 0.0], self.direction)
        above = perpendicular([0.0, 0.0, 1.0], self.direction)
        centre = self.porus + share * self.length_mm * self.direction
        return np.asarray(centre + radius * (back * across + up * above))

    def inside(self, points: Points) -> NDArray[np.float64]:
        """Share of the length reached by each point within the canal; NaN elsewhere; (N,)."""
        relative = points - self.porus
        along = relative @ self.direction
        off = np.linalg.norm(relative - along[:, None] * self.direction, axis=1)
        share = along / self.length_mm
        radius = np.interp(share, self.share, self.radius_mm)
        return np.where((share > 0) & (share <= 1.05) & (off < radius), share, np.nan)


def random_canal(
    porus: NDArray[np.float64], sign: float, widening_mm: float, rng: np.random.Generator
) -> Canal:
    """A canal from its nerve's porus laterally: a funnel, a cylinder or a bud.

    Length 9.5 +/- 1.6 mm (CT, 210 patients), diameter in the middle 5.70-5.93 +/- 0.26 mm (MRI,
    7572 ears), shapes 58, 31 and 11 %. The nerve comes in through the antero-superior part.
    """
    length = float(np.clip(rng.normal(9.5, 1.6), 6.0, 14.0))
    forward = np.deg2rad(rng.normal(0.0, 12.0))
    upward = np.deg2rad(rng.normal(0.0, 6.0))
    direction = unit([sign * np.cos(forward), -np.sin(forward), np.sin(upward)])
    middle = 0.5 * (np.clip(rng.normal(5.82, 0.26), 5.0, 6.7) + widening_mm)
    form: CanalForm = pick({"funnel": 0.58, "cylinder": 0.31, "bud": 0.11}, rng)
    ends = {"funnel": (1.2, 0.75), "cylinder": (1.0, 0.9), "bud": (0.92, 0.8)}[form]
    share = np.linspace(-0.35, 1.0, 24)  # begins inside the cistern: no wall at the porus
    profile = np.interp(share, [-0.35, 0.0, 0.5, 1.0], [ends[0], ends[0], 1.0, ends[1]])
    opening = porus + middle * ends[0] * np.array([0.0, 0.3, -0.3])
    axis = opening + share[:, None] * length * direction
    return Canal(opening, axis, share, middle * profile, direction, length, form)


def inner_ear(canal: Canal, sign: float, rng: np.random.Generator) -> list[Tube]:
    """Cochlea, vestibule and semicircular canals beyond the fundus, bright on T2."""
    fundus = canal.axis[-1]
    vestibule = fundus + [sign * 3.5, 2.5, 0.0]
    cochlea = fundus + [sign * 1.5, -3.5, -1.0]
    parts = [Tube.plain(np.stack([vestibule, vestibule + [sign * 1.0, 1.5, 0.5]]), 1.7)]
    turns = np.linspace(0.0, 4.5 * np.pi, 60)
    width = np.linspace(3.0, 0.8, 60)
    spiral = np.stack(
        [np.cos(turns) * width * 0.6, np.linspace(0, -3.0, 60), np.sin(turns) * width], axis=1
    )
    parts.append(Tube.plain(cochlea + spiral, 0.7))
    around = np.linspace(0.0, 1.5 * np.pi, 40)
    circle = 3.4 * np.stack([np.cos(around), np.sin(around)], axis=1)
    for first, second in (
        ([sign, 0.0, 0.0], [0.0, 1.0, 0.0]),
        ([0.7, 0.7, 0.0], [0.0, 0.0, 1.0]),
        ([-0.7, 0.7, 0.0], [0.0, 0.0, 1.0]),
    ):
        ring = vestibule + np.array([sign * 2.0, 2.0, 1.5]) + circle @ np.array([first, second])
        parts.append(Tube.plain(ring, float(rng.uniform(0.4, 0.6))))
    return parts


@dataclass(frozen=True, eq=False)
class Cistern:
    """The space between brain and bone.

    pori: canal openings (right, left). clivus_y_mm, clivus_slope: its line in the midline.
    sheet_mm: thickness of the CSF over the brain's convexity. depth_mm: greatest depth of the
    cistern (8-15 mm). face_angle_rad: of the posterior petrous face from the sagittal plane.
    """

    brain: SubjectBrain
    pori: tuple[NDArray[np.float64], NDArray[np.float64]]
    clivus_y_mm: float
    clivus_slope: float
    sheet_mm: float
    depth_mm: float
    face_angle_rad: float

    @classmethod
    def random(
        cls,
        brain: SubjectBrain,
        pori: tuple[Points, Points],
        sulcus_y: float,
        rng: np.random.Generator,
    ) -> Cistern:
        return cls(
            brain,
            pori,
            clivus_y_mm=sulcus_y - rng.uniform(5.0, 10.0),
            clivus_slope=rng.uniform(0.5, 0.7),
            sheet_mm=rng.uniform(1.0, 3.5),
            depth_mm=rng.uniform(8.0, 15.0),
            face_angle_rad=np.deg2rad(rng.normal(48.0, 5.0)),
        )

    def wall_mm(
        self, points: Points, brain_mm: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Signed distance-like field of the dura: negative inside the CSF space or the brain."""
        brain = self.brain.brain_mm(points) if brain_mm is None else brain_mm
        y, z = points[..., 1], points[..., 2]
        clivus = self.clivus_y_mm - self.clivus_slope * (z - _SULCUS_Z_MM) - y
        faces = [self._face_mm(points, porus) for porus in self.pori]
        fossa = np.maximum.reduce([clivus, *faces, brain - self._depth_mm(points), z + 12.0])
        return np.asarray(np.minimum(fossa, brain - self.sheet_mm))

    def clearance(self, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Distance to the wall from inside and the inward direction, for `curves.keep_clear`."""
        return with_direction(lambda places: -self.wall_mm(places), points)

    def _depth_mm(self, points: Points) -> NDArray[np.float64]:
        """Depth of the liquor: behind the cistern the cerebellum's side lies close to the bone."""
        behind = points[..., 1] - np.mean([porus[1] for porus in self.pori])
        beside = np.abs(points[..., 0])
        near_bone = _ramp(behind, _BEHIND_MM) * _ramp(beside, _BESIDE_MM)
        return np.asarray(self.depth_mm + (self.sheet_mm - self.depth_mm) * near_bone)

    def _face_mm(self, points: Points, porus: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance beyond the posterior petrous face of one side (a plane through the porus)."""
        sign = np.sign(porus[0])
        lateral = (points[..., 0] - porus[0]) * sign
        behind = points[..., 1] - porus[1]
        return np.asarray(
            lateral * np.cos(self.face_angle_rad) - behind * np.sin(self.face_angle_rad)
        )


def _ramp(values: NDArray[np.float64], between: tuple[float, float]) -> NDArray[np.float64]:
    """0 below the first, 1 above the second limit."""
    low, high = between
    return np.clip((values - low) / (high - low), 0.0, 1.0)
