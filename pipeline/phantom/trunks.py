"""Vertebral and basilar arteries of one subject, and the carotid in its canal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.phantom.curves import Clearance, Points
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.nerves import FacialNerve
from pipeline.phantom.passage import Passage
from pipeline.phantom.priors import anatomy_priors, draw
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel, free_course, led_through

RAY_START_Y_MM = -12.0
_SULCUS_Z_MM = -47.0


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
    bent: Mapping[float, tuple[FacialNerve, Passage]],
    contact_sign: float | None,
    rng: np.random.Generator,
) -> Trunks:
    """VA 3.9 -> 2.8 mm, BA 3.6 -> 3.1 mm, joined within 10 mm of the sulcus (review, JNIS).

    bent: sides (+1 left, -1 right) on which the vertebral artery loops up to the nerve.
    contact_sign: the one side in contact, to which the arteries mostly lean; None: both or none.
    The basilar artery mostly bows away from the wider vertebral artery.
    """
    priors = anatomy_priors().trunks
    ectasia = float(rng.uniform(1.3, 1.9)) if rng.random() < priors.ectasia else 1.0
    radii = {sign: _vertebral_radius(bent.get(sign), ectasia, rng) for sign in (-1.0, 1.0)}
    wider = max(radii, key=lambda sign: radii[sign])
    bow = abs(rng.normal(0.0, 2.5)) * wider * _mostly(1.0 - priors.bows_from_dominant, rng)
    lean = float(rng.normal(0.0, 1.5))
    if contact_sign is not None:
        lean = (abs(lean) + 0.8) * contact_sign * _mostly(priors.leans_to_contact, rng)
    junction_z = _SULCUS_Z_MM + float(np.clip(rng.normal(0.0, 4.0), -8.0, 8.0))
    junction = brain.surface_behind(lean, junction_z, RAY_START_Y_MM)
    junction = junction - [0.0, rng.uniform(2.2, 3.5), 0.0]
    vertebrals = {
        sign: _vertebral(brain, sign, junction, radius, obstacles, bent.get(sign), rng)
        for sign, radius in radii.items()
    }
    basilar = _basilar(brain, junction, bow, ectasia, obstacles, rng)
    return Trunks(vertebrals[-1.0], vertebrals[1.0], basilar)


def carotid(sign: float, rng: np.random.Generator) -> Vessel:
    """The petrous and cavernous internal carotid artery, in bone in front of the canal."""
    course = np.array(
        [
            [28, 14, -76], [29, 10, -50], [24, 3, -42], [16, -4, -40],
            [12, -10, -30], [11, -16, -24], [11, -8, -16],
        ],
        dtype=np.float64,
    )  # fmt: skip
    course = course * [sign, 1.0, 1.0] + rng.normal(0.0, 1.5, 3)
    return Vessel("unnamed", Tissue.ARTERY, free_course(course, (2.4, 2.1), [], 0.6, rng), 10.0)


def _mostly(share: float, rng: np.random.Generator) -> float:
    """+1 in the given share of draws, else -1."""
    return 1.0 if rng.random() < share else -1.0


def _vertebral_radius(
    bent: tuple[FacialNerve, Passage] | None, ectasia: float, rng: np.random.Generator
) -> float:
    """At the entry into the dura, mm; where the artery passes the nerve, as wide as there."""
    if bent is not None:
        return 1.15 * bent[1].radius_mm
    return 0.5 * ectasia * draw(anatomy_priors().trunks.vertebral_diameter_mm, 1.8, 5.6, rng)


def _basilar(
    brain: SubjectBrain,
    junction: Points,
    bow: float,
    ectasia: float,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    priors = anatomy_priors().trunks
    top = brain.surface_behind(0.3 * bow, -22.0, RAY_START_Y_MM) - [0.0, 2.6, 0.0]
    top = top + [0.0, -1.5, rng.uniform(5.0, 9.0)]
    middle = 0.5 * (junction + top) + [bow, 0.0, 0.0]
    radius = 0.5 * ectasia * draw(priors.basilar_diameter_mm, 2.0, 4.5, rng)
    ends = (radius, priors.basilar_taper * radius)
    tube = free_course(np.stack([junction, middle, top]), ends, obstacles, 0.6, rng)
    return Vessel("BA", Tissue.ARTERY, tube, 25.0)


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
    lateral = brain.surface_behind(sign * rng.uniform(4.0, 7.0), -58.0, RAY_START_Y_MM)
    lateral = lateral + [sign * rng.uniform(0.0, 5.0), -rng.uniform(2.2, 4.0), 0.0]
    last = anatomy_priors().trunks.vertebral_taper * radius
    if bent is None:
        control = np.stack([entry, lateral, junction])
        tube = free_course(control, (radius, last), obstacles, 0.9, rng)
    else:
        nerve, passage = bent
        tube = led_through(
            np.stack([entry, lateral]),
            [passage.points(nerve, passage.half_mm)],
            junction[None],
            (radius, passage.radius_mm, last),
            obstacles,
            rng,
        )
    return Vessel("VA", Tissue.ARTERY, tube)
