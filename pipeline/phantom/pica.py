"""The posterior inferior cerebellar artery and its variants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.phantom.curves import Clearance
from pipeline.phantom.priors import anatomy_priors, draw, pick
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.trunks import Trunks
from pipeline.phantom.vessels import Vessel, free_course, led_through


@dataclass(frozen=True, eq=False)
class _Origin:
    parent: Vessel
    s_mm: float


def posterior_inferior_cerebellar(
    trunks: Trunks,
    aica: Vessel,
    side: SideAnatomy,
    obstacles: list[Clearance],
    rng: np.random.Generator,
) -> list[Vessel]:
    """None, one or two arteries, from VA, BA or a common trunk with AICA (Ballesteros-Acuna 2022).

    A cranial loop reaches VII where the side's passages ask for it, and then it is never absent.
    """
    priors = anatomy_priors().pica
    needed = "PICA" in side.passages
    if not needed and rng.random() < priors.absent:
        return []
    arteries = [_artery(_origin(trunks, aica, side.sign, rng), side, obstacles, True, rng)]
    if rng.random() < priors.duplicate:
        vertebral = trunks.vertebral(side.sign)
        second = _Origin(vertebral, rng.uniform(0.15, 0.4) * vertebral.length_mm)
        arteries.append(_artery(second, side, obstacles, False, rng))
    return arteries


def _origin(trunks: Trunks, aica: Vessel, sign: float, rng: np.random.Generator) -> _Origin:
    name = pick(anatomy_priors().pica.origin, rng)
    if name == "BA":
        return _Origin(trunks.basilar, float(rng.uniform(1.5, 7.0)))
    if name == "AICA":
        return _Origin(aica, float(rng.uniform(2.0, 5.0)))
    vertebral = trunks.vertebral(sign)
    return _Origin(vertebral, float(rng.uniform(0.4, 0.8)) * vertebral.length_mm)


def _artery(
    origin: _Origin,
    side: SideAnatomy,
    obstacles: list[Clearance],
    first: bool,
    rng: np.random.Generator,
) -> Vessel:
    priors, sign = anatomy_priors().pica, side.sign
    passages = side.passages.get("PICA", []) if first else []
    radius = 0.5 * draw(priors.diameter_mm, 1.2, 2.2, rng)
    if passages:
        radius = passages[0].radius_mm
    elif rng.random() < priors.hypoplastic:
        radius = float(rng.uniform(0.25, 0.45))
    start = origin.parent.at(origin.s_mm)
    lateral = np.array(
        [sign * rng.uniform(8.0, 12.0), start[1] + rng.uniform(1.0, 5.0), -rng.uniform(54.0, 60.0)]
    )
    behind = np.array(
        [sign * rng.uniform(11.0, 15.0), rng.uniform(36.0, 42.0), -rng.uniform(56.0, 62.0)]
    )
    last = behind + [0.0, rng.uniform(5.0, 9.0), -rng.uniform(3.0, 8.0)]
    if passages:
        stretches = [passage.points(side.nerve, passage.half_mm) for passage in passages]
        tube = led_through(
            np.stack([start, 0.5 * (start + stretches[0][0])]),
            stretches,
            np.stack([behind, last]),
            (1.1 * radius, radius, 0.9 * radius),
            obstacles,
            rng,
        )
    else:
        control = np.stack([start, lateral, behind, last])
        tube = free_course(control, (1.1 * radius, 0.9 * radius), obstacles, 1.0, rng)
    start_mm = origin.parent.start_mm + origin.s_mm
    return Vessel("PICA", Tissue.ARTERY, tube, start_mm, origin.parent.name)
