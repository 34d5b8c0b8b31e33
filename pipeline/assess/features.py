"""The numbers that the models look at, the same in fitting and in use."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.assess.calibration import Correction, log_odds
from pipeline.records.base import Side
from pipeline.records.landmarks import Segmentation
from pipeline.records.measurements import (
    AneurysmMeasurement,
    ContactMeasurement,
    MassMeasurement,
)
from pipeline.records.volumes import ImageRole, Preparation

_FAR_MM = 2.0
"""Gaps beyond this are all equally clear."""
_LEAST_CERTAIN, _MOST_CERTAIN = 0.2, 0.98
"""Mean probabilities of an aneurysm up to which it counts as not seen at all, and from which as
seen for sure."""

EXPECTED_SIGNS: dict[str, int] = {
    "gap_mm": -1,
    "csf_cleft_mm": -1,
    "vessel_beside_nerve": 1,
    "log_volume": 1,
    "mean_probability": 1,
    "certainty": 1,
}
"""Direction in which a feature may move the log odds; a model with another sign makes no clinical
sense, and the feature is left out of it."""


@dataclass(frozen=True)
class SideInputs:
    """What the images of one side are.

    voxel_mm: edge of the cube with the reference's voxel volume. snr: of the reference, None
    where it was not measured. tof_present, all_around: whether an angiogram, and whether the
    reference, shows the surroundings of the root exit zone.
    """

    reference: ImageRole
    voxel_mm: float
    tof_present: bool
    snr: float | None = None
    all_around: bool = True


def side_inputs(preparation: Preparation, segmentation: Segmentation, side: Side) -> SideInputs:
    """From the records of stages prepare and segment.

    Of a side that was not located only the rest is known: that it was not all looked at.
    """
    covered = segmentation.covered.get(side)
    voxel = preparation.volumes[preparation.reference].voxel_mm
    return SideInputs(
        preparation.reference,
        math.prod(voxel) ** (1 / 3),
        "tof" in (preparation.volumes if covered is None else covered),
        preparation.reference_snr,
        covered is not None and preparation.reference in covered,
    )


def contact_features(contact: ContactMeasurement, gap: Correction) -> dict[str, float]:
    """Features of vessel contact on one side; `gap` corrects the measured distance."""
    return {
        "gap_mm": min(gap.apply(contact.min_distance_mm), _FAR_MM),
        "csf_cleft_mm": min(contact.csf_cleft_mm or 0.0, _FAR_MM),
        "vessel_beside_nerve": contact.vessel_beside_nerve,
    }


def tumour_features(mass: MassMeasurement | None) -> dict[str, float]:
    """Features of a mass on one side; zeros where none was found."""
    if mass is None:
        return {"log_volume": 0.0, "mean_probability": 0.0}
    return {"log_volume": math.log1p(mass.volume_mm3), "mean_probability": mass.mean_probability}


def aneurysm_features(aneurysm: AneurysmMeasurement | None) -> dict[str, float]:
    """Features of an aneurysm on one side; the lowest value where none was found."""
    probability = aneurysm.mean_probability if aneurysm else 0.0
    held = min(max(probability, _LEAST_CERTAIN), _MOST_CERTAIN)
    return {"certainty": log_odds(held) - log_odds(_LEAST_CERTAIN)}
