"""The vertebrobasilar tree of one subject."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.curves import Clearance, Points, arc_length, at_length
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Passage, Vessel, free_course, led_past

_RAY_START_Y_MM = -12.0


@dataclass(frozen=True, eq=False)
class Trunks:
    """Both vertebral arteries and the basilar artery."""

    vertebral_right: Vessel
    vertebral_left: Vessel
    basilar: Vessel

    def vertebral(self, sign: float) -> Vessel:
        return self.vertebral_left if sign > 0 else self.vertebral_right

    @property
    def vessels(self) -> list[Vessel]:
        return [self.vertebral_right, self.vertebral_left, self.basilar]


def trunks(
    brain: SubjectBrain,
    obstacles: list[Clearance],
    bent: dict[float, tuple[FacialNerve, Passage]],
    rng: np.random.Generator,
) -> Trunks:
    """VA 3.9 -> 2.8 mm, BA 3.6 -> 3.1 mm (clinical.md A2), joined within 10 mm of the sulcus.

    bent: sides (+1 left, -1 right) on which the vertebral artery loops up to the nerve.
    """
    junction_z = float(np.clip(rng.normal(-47.0, 4.0), -55.0, -39.0))
    bow = rng.normal(0.0, 2.5)
    junction = brain.surface_behind(0.4 * bow, junction_z, _RAY_START_Y_MM)
    junction = junction - [0.0, rng.uniform(2.2, 3.5), 0.0]
    weight = np.clip(rng.normal(0.0, 0.18), -0.35, 0.35)
    ectasia = rng.uniform(1.2, 1.5) if rng.random() < 0.05 else 1.0
    vertebrals = {}
    for sign in (-1.0, 1.0):
        thick = float(np.clip(rng.normal(1.75, 0.3), 0.9, 2.5)) * (1 + sign * weight) * ectasia
        vertebrals[sign] = _vertebral(brain, sign, junction, thick, obstacles, bent.get(sign), rng)
    top = brain.surface_behind(0.3 * bow, -22.0, _RAY_START_Y_MM) - [0.0, 2.6, 0.0]
    top = top + [0.0, -1.5, rng.uniform(5.0, 9.0)]
    middle = 0.5 * (junction + top) + [bow, 0.0, 0.0]
    thick = float(np.clip(rng.normal(1.75, 0.25), 1.1, 2.3)) * ectasia
    tube = free_course(
        np.stack([junction, middle, top]), (thick, 0.86 * thick), obstacles, 0.6, rng
    )
    return Trunks(vertebrals[-1.0], vertebrals[1.0], Vessel("BA", Tissue.ARTERY, tube, 25.0))


def _vertebral(
    brain: SubjectBrain,
    sign: float,
    junction: Points,
    radius: float,
    obstacles: list[Clearance],
    bent: tuple[FacialNerve, Passage] | None,
    rng: np.random.Generator,
) -> Vessel:
    entry = np.array([sign * rng.uniform(10.0, 15.0), rng.uniform(36.0, 42.0), -76.0])
    lateral = brain.surface_behind(sign * rng.uniform(4.0, 7.0), -58.0, _RAY_START_Y_MM)
    lateral = lateral + [sign * rng.uniform(0.0, 5.0), -rng.uniform(2.2, 4.0), 0.0]
    if bent is None:
        control = np.stack([entry, lateral, junction])
        tube = free_course(control, (radius, 0.8 * radius), obstacles, 0.9, rng)
    else:
        nerve, passage = bent
        near = passage.points(nerve, 0.88 * radius, 2.5)
        near = near if near[0, 2] < near[-1, 2] else near[::-1]
        tube = led_past(
            np.stack([entry, lateral]), near, junction[None], (radius, 0.8 * radius), obstacles, rng
        )
    return Vessel("VA", Tissue.ARTERY, tube)


def anterior_inferior_cerebellar(
    brain: SubjectBrain,
    basilar: Vessel,
    nerve: FacialNerve,
    sign: float,
    passage: Passage | None,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """AICA: from the lower half of the basilar artery, by the nerve, to the flocculus.

    A meatal loop reaches the porus in a part (22-64 %).
    """
    radius = float(np.clip(rng.normal(0.5, 0.12), 0.28, 0.8))
    origin_s = rng.uniform(0.02, 0.5) * arc_length(basilar.tube.points)[-1]
    origin = at_length(basilar.tube.points, origin_s)
    surface = brain.surface_behind(sign * rng.uniform(6.0, 9.0), origin[2] - 1.0, _RAY_START_Y_MM)
    early = surface - [0.0, radius + rng.uniform(0.2, 2.0), 0.0]
    end = _flocculus(nerve, sign, rng)
    if passage is not None:
        near = passage.points(nerve, radius, 1.8)
        tube = led_past(
            np.stack([origin, early]), near, end, (1.25 * radius, radius), obstacles, rng
        )
    else:
        loop = _beside_nerve(nerve, rng.uniform(0.3, 1.15), rng)
        control = np.concatenate([[origin, early, loop], end])
        tube = free_course(control, (1.25 * radius, 0.9 * radius), obstacles, 0.8, rng)
    return Vessel("AICA", Tissue.ARTERY, tube, basilar.start_mm + origin_s)


def posterior_inferior_cerebellar(
    brain: SubjectBrain,
    vertebral: Vessel,
    nerve: FacialNerve,
    sign: float,
    passage: Passage | None,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """PICA: from the vertebral artery around the medulla; a cranial loop where `passage` is."""
    radius = float(np.clip(rng.normal(0.75, 0.15), 0.4, 1.1))
    origin_s = rng.uniform(0.25, 0.6) * arc_length(vertebral.tube.points)[-1]
    origin = at_length(vertebral.tube.points, origin_s)
    lateral = origin + [sign * rng.uniform(4.0, 7.0), rng.uniform(1.0, 4.0), rng.uniform(-3.0, 3.0)]
    behind = np.array(
        [sign * rng.uniform(11.0, 15.0), rng.uniform(36.0, 42.0), -rng.uniform(56.0, 62.0)]
    )
    last = behind + [0.0, rng.uniform(5.0, 9.0), -rng.uniform(3.0, 8.0)]
    if passage is not None:
        near = passage.points(nerve, radius, 2.0)
        tube = led_past(
            np.stack([origin, lateral]),
            near,
            np.stack([behind, last]),
            (1.1 * radius, radius),
            obstacles,
            rng,
        )
    else:
        control = np.stack([origin, lateral, behind, last])
        tube = free_course(control, (1.1 * radius, 0.9 * radius), obstacles, 1.0, rng)
    return Vessel("PICA", Tissue.ARTERY, tube, vertebral.start_mm + origin_s)


def superior_cerebellar(
    brain: SubjectBrain,
    basilar: Vessel,
    sign: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """SCA: from the upper basilar artery around the upper pons."""
    radius = float(rng.uniform(0.55, 0.95))
    length = arc_length(basilar.tube.points)[-1]
    origin = at_length(basilar.tube.points, length - rng.uniform(0.5, 3.0))
    around = [
        brain.surface_behind(sign * x, origin[2] - drop, _RAY_START_Y_MM) - [0.0, radius + 0.6, 0.0]
        for x, drop in ((7.0, 1.0), (13.0, 3.0 + rng.uniform(0.0, 4.0)))
    ]
    end = np.array([sign * 20.0, 34.0, origin[2] - 2.0])
    tube = free_course(
        np.stack([origin, *around, end]), (radius, 0.8 * radius), obstacles, 0.5, rng
    )
    return Vessel("SCA", Tissue.ARTERY, tube, basilar.start_mm + length)


def carotid(sign: float, rng: np.random.Generator) -> Vessel:
    """The petrous and cavernous internal carotid artery, in bone in front of the canal."""
    jitter = rng.normal(0.0, 1.5, 3)
    course = np.array(
        [
            [28, 14, -76],
            [29, 10, -50],
            [24, 3, -42],
            [16, -4, -40],
            [12, -10, -30],
            [11, -16, -24],
            [11, -8, -16],
        ],
        dtype=np.float64,
    )
    course = course * [sign, 1.0, 1.0] + jitter
    tube = free_course(course, (2.4, 2.1), [], 0.6, rng)
    return Vessel("unnamed", Tissue.ARTERY, tube, 10.0)


def _beside_nerve(
    nerve: FacialNerve, share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A place some millimetres below or in front of the cisternal nerve."""
    s = nerve.detachment_mm + share * (nerve.porus_mm - nerve.detachment_mm)
    return (
        nerve.at(s) + np.array([0.0, -0.5, -0.8]) * rng.uniform(2.0, 5.0) + rng.normal(0.0, 0.8, 3)
    )


def _flocculus(nerve: FacialNerve, sign: float, rng: np.random.Generator) -> Points:
    """Where AICA leaves towards the cerebellum, behind and below the nerve; (2, 3)."""
    base = nerve.at(nerve.detachment_mm)
    first = base + [sign * rng.uniform(2.0, 7.0), rng.uniform(6.0, 9.0), -rng.uniform(2.0, 7.0)]
    return np.stack(
        [
            first,
            first + [sign * rng.uniform(5.0, 8.0), rng.uniform(1.0, 4.0), -rng.uniform(0.0, 4.0)],
        ]
    )
