"""The anterior inferior cerebellar artery: from the basilar artery past the nerves, mostly."""

from __future__ import annotations

import numpy as np

from pipeline.phantom.curves import Clearance, Points
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.priors import anatomy_priors, draw
from pipeline.phantom.side import SideAnatomy, passer_radius_mm
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.trunks import RAY_START_Y_MM
from pipeline.phantom.vessels import Vessel, free_course, led_through


def anterior_inferior_cerebellar(
    brain: SubjectBrain,
    basilar: Vessel,
    side: SideAnatomy,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> list[Vessel]:
    """One to three trunks (72, 26, 2 %); the first takes the passages and the canal's loop."""
    first = _first(brain, basilar, side, obstacles, rng)
    trunks = anatomy_priors().aica.trunks
    count = 1 + int(np.searchsorted(np.cumsum(list(trunks.values())), rng.random()))
    return [first, *(_further(brain, basilar, side, obstacles, rng) for _ in range(1, count))]


def _first(
    brain: SubjectBrain,
    basilar: Vessel,
    side: SideAnatomy,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    origin_s, upstream = _origin(brain, basilar, side.sign, rng)
    passages = side.passages.get("AICA", [])
    radius = passages[0].radius_mm if passages else passer_radius_mm("AICA", side.recipe, rng)
    stretches = [passage.points(side.nerve, passage.half_mm) for passage in passages]
    at = len(stretches)
    if side.recipe.offender != "AICA" or len(passages) == 2:
        at = max(0, at - 1)  # the passage between the nerves is on the way back
    if side.canal_loop > 0:
        stretches.insert(at, _canal_loop(side, radius, rng))
    if not stretches:
        stretches = [_below(side, rng)]
    trunk = 0.5 * draw(anatomy_priors().aica.trunk_diameter_mm, 0.8, 1.5, rng)
    radii = (max(trunk, radius), radius, 0.9 * radius)
    tube = led_through(upstream, stretches, _to_flocculus(side, rng), radii, obstacles, rng)
    return Vessel("AICA", Tissue.ARTERY, tube, basilar.start_mm + origin_s, "BA")


def _further(
    brain: SubjectBrain,
    basilar: Vessel,
    side: SideAnatomy,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> Vessel:
    """Another trunk, which stays in front of and below the nerves."""
    origin_s, upstream = _origin(brain, basilar, side.sign, rng)
    control = np.concatenate([upstream, _below(side, rng)[1:2], _to_flocculus(side, rng)])
    trunk = 0.5 * draw(anatomy_priors().aica.trunk_diameter_mm, 0.8, 1.5, rng)
    radii = (trunk, 0.8 * passer_radius_mm("AICA", side.recipe, rng))
    tube = free_course(control, radii, obstacles, 0.8, rng)
    return Vessel("AICA", Tissue.ARTERY, tube, basilar.start_mm + origin_s, "BA")


def _origin(
    brain: SubjectBrain, basilar: Vessel, sign: float, rng: np.random.Generator
) -> tuple[float, Points]:
    """Path along the basilar artery, and the first two places: there, and on the pons."""
    origin_s = draw(
        anatomy_priors().aica.origin_above_junction_mm, 0.8, 0.85 * basilar.length_mm, rng
    )
    origin = basilar.at(origin_s)
    surface = brain.surface_behind(sign * rng.uniform(6.0, 9.0), origin[2] - 2.0, RAY_START_Y_MM)
    return origin_s, np.stack([origin, surface - [0.0, rng.uniform(0.7, 2.5), 0.0]])


def _below(side: SideAnatomy, rng: np.random.Generator) -> Points:
    """A short stretch some millimetres below and in front of the cisternal nerve; (3, 3)."""
    nerve = side.nerve
    s = nerve.detachment_mm + rng.uniform(0.2, 0.9) * (nerve.porus_mm - nerve.detachment_mm)
    centre = nerve.at(s) + np.array([0.0, -0.5, -0.8]) * (
        side.recipe.gap_mm + rng.uniform(1.5, 3.5)
    )
    along = np.array([0.3 * side.sign, 0.8, -0.2])
    return np.stack([centre - along, centre, centre + along])


def _canal_loop(side: SideAnatomy, radius: float, rng: np.random.Generator) -> Points:
    """Into the canal below and in front of the nerves, and out again beside the way in."""
    canal, deepest = side.canal, side.canal_loop
    room = 1.0 - radius / float(canal.radius_mm.min())
    entering, leaving = np.array([-0.75, -0.35]) * room, np.array([-0.1, -0.92]) * room
    shares = np.linspace(0.04, deepest - 0.05, 4)
    ahead = [canal.place(share, *entering) for share in shares]
    tip = canal.place(deepest, *(0.55 * (entering + leaving)))
    back = [canal.place(share, *leaving) for share in shares[::-1]]
    limbs = [ahead, back] if rng.random() < 0.5 else [back[::-1], ahead[::-1]]
    return np.stack([*limbs[0], tip, *limbs[1]])


def _to_flocculus(side: SideAnatomy, rng: np.random.Generator) -> Points:
    """Where AICA leaves towards the cerebellum, behind and below the nerve; (2, 3)."""
    sign = side.sign
    first = side.nerve.at(side.nerve.detachment_mm) + [
        sign * rng.uniform(4.0, 8.0), rng.uniform(5.0, 8.0), -rng.uniform(3.0, 7.0),
    ]  # fmt: skip
    beyond = [sign * rng.uniform(5.0, 8.0), rng.uniform(2.0, 4.0), -rng.uniform(0.0, 4.0)]
    return np.stack([first, first + beyond])
