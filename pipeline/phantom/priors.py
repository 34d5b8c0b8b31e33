"""What generated subjects are drawn from: the numbers of configs/anatomy.yaml, checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeVar

import numpy as np
import yaml

from pipeline.records.base import Record
from pipeline.records.findings import Grade, Pattern, Segment
from pipeline.settings import CONFIGS

Stratum = Literal["contact", "blurred", "near", "clear"]
"""contact: no gap · blurred: 0.05-0.3 mm · near: 0.3-1.0 mm · clear: more than 1.0 mm."""
Passer = Literal["AICA", "PICA", "VA", "vein"]
"""A vessel that can be led past the nerve."""
Offence = Literal["AICA", "PICA", "VA_tandem", "VA", "AICA_PICA", "vein"]
"""One vessel in contact, or two: the vertebral artery behind a branch, AICA and PICA."""
Mass = Literal["schwannoma", "meningioma", "epidermoid", "lipoma"]
AneurysmKind = Literal["saccular", "fusiform", "dissecting"]
Mimic = Literal["arachnoid_cyst", "infundibulum"]
UseOfSet = Literal["default", "training", "test", "calibration", "lesion_rich"]
MeanSpread = tuple[float, float]
Option = TypeVar("Option")


class Priors(Record):
    """Shares of sides by gap and with a lesion."""

    contact: float
    blurred: float
    near: float
    mass: float
    aneurysm: float
    mimic: float


class Offenders(Record):
    """Which vessel comes nearest. contact: where it touches; apart: where it does not."""

    contact: dict[Offence, float]
    apart: dict[Passer, float]


class CrossingDiameter(Record):
    """AICA where it crosses the nerve: on sides in contact and on others."""

    contact: MeanSpread
    apart: MeanSpread


class AicaPriors(Record):
    """Number, origin, calibre and course of the anterior inferior cerebellar arteries."""

    trunks: dict[int, float]
    origin_above_junction_mm: MeanSpread
    trunk_diameter_mm: MeanSpread
    crossing_diameter_mm: CrossingDiameter
    between_nerves_where_possible: float
    canal_loop: dict[Literal["none", "up_to_half", "beyond_half"], float]


class PicaPriors(Record):
    """Variants of the posterior inferior cerebellar artery."""

    absent: float
    duplicate: float
    hypoplastic: float
    origin: dict[Literal["VA", "BA", "AICA"], float]
    diameter_mm: MeanSpread


class ScaPriors(Record):
    """Variants of the superior cerebellar artery."""

    duplicate: float


class TrunkPriors(Record):
    """Vertebral and basilar arteries."""

    vertebral_diameter_mm: MeanSpread
    vertebral_taper: float
    basilar_diameter_mm: MeanSpread
    basilar_taper: float
    ectasia: float
    bows_from_dominant: float
    leans_to_contact: float


class AnatomyPriors(Record):
    """All of configs/anatomy.yaml."""

    sets: dict[UseOfSet, Priors]
    gap_mm: dict[Stratum, tuple[float, float]]
    segment: dict[Segment, float]
    grade: dict[Grade, float]
    offender: Offenders
    tandem_branch: dict[Passer, float]
    pattern: dict[Passer, dict[Pattern, float]]
    sandwich_second: dict[Passer, float]
    aica: AicaPriors
    pica: PicaPriors
    sca: ScaPriors
    trunks: TrunkPriors
    mass: dict[Mass, float]
    aneurysm: dict[AneurysmKind, float]
    mimic: dict[Mimic, float]
    choroid_plexus: float


@cache
def anatomy_priors() -> AnatomyPriors:
    """The priors of this copy of the software, read once per process."""
    text = (CONFIGS / "anatomy.yaml").read_text(encoding="utf-8")
    return AnatomyPriors.model_validate(yaml.safe_load(text))


def pick(shares: Mapping[Option, float], rng: np.random.Generator) -> Option:
    """One of the options by its share; shares need not sum to 1."""
    options = list(shares)
    weights = np.array(list(shares.values()))
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]


def draw(prior: MeanSpread, low: float, high: float, rng: np.random.Generator) -> float:
    """A normal draw within limits."""
    return float(np.clip(rng.normal(*prior), low, high))
