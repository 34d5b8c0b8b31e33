"""One finding on one side: probability, likelihood ratio and answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.assess.calibration import LogisticModel, ValidatedInputs, posterior
from pipeline.assess.features import SideInputs
from pipeline.records.findings import Answer, Interval, Reason

_VOXEL_MARGIN = 1.05
"""Rounding of voxel sizes above the largest validated one."""
_SNR_MARGIN = 1.1
"""Within which the estimate of one image's noise varies."""


@dataclass(frozen=True)
class Verdict:
    """probability and the rest are None where nothing was measured or validated."""

    answer: Answer
    reasons: tuple[Reason, ...]
    probability: float | None = None
    probability_interval: Interval | None = None
    likelihood_ratio: float | None = None
    prevalence_assumed: float | None = None


def verdict(
    model: LogisticModel,
    features: dict[str, float],
    prevalence: float,
    perturbed: Sequence[dict[str, float]] = (),
) -> Verdict:
    """Apply a model. `perturbed`: the same features at the ends of what their noise allows.

    The answer rests on the likelihood ratio, so that it does not change with the prevalence
    that a site assumes.
    """
    ratio = model.log_likelihood_ratio(features)
    ratios = [ratio, *(model.log_likelihood_ratio(other) for other in perturbed)]
    lowest, highest = min(ratios), max(ratios)
    answer, reasons = _answer(model, ratio, lowest, highest)
    return Verdict(
        answer=answer,
        reasons=reasons,
        probability=posterior(prevalence, ratio),
        probability_interval=(posterior(prevalence, lowest), posterior(prevalence, highest)),
        likelihood_ratio=math.exp(ratio),
        prevalence_assumed=prevalence,
    )


def not_validated(inputs: SideInputs, validated: ValidatedInputs) -> tuple[Reason, ...]:
    """Why the calibration does not speak for a study; empty where it does."""
    reasons: list[Reason] = []
    if inputs.reference not in validated.references:
        reasons.append("no_t2" if inputs.reference != "t2" else "image_quality")
    if too_coarse(inputs, validated) or too_noisy(inputs, validated):
        reasons.append("image_quality")
    return tuple(dict.fromkeys(reasons))


def not_shown(inputs: SideInputs) -> tuple[Reason, ...]:
    """Why nothing can be called absent on a side; empty where the images show all of it."""
    return () if inputs.all_around else ("partly_outside",)


def unless_yes(said: Verdict, reasons: tuple[Reason, ...]) -> Verdict:
    """A flag stays a flag, but with these reasons nothing can be called absent."""
    if said.answer == "yes" or not reasons:
        return said
    new = tuple(reason for reason in reasons if reason not in said.reasons)
    return replace(said, answer="cannot_say", reasons=said.reasons + new)


def too_coarse(inputs: SideInputs, validated: ValidatedInputs) -> bool:
    """Whether the voxels are larger than any that the calibration saw."""
    return inputs.voxel_mm > _VOXEL_MARGIN * validated.max_voxel_mm


def too_noisy(inputs: SideInputs, validated: ValidatedInputs) -> bool:
    """Whether there is more noise than in any study that the calibration saw."""
    if inputs.snr is None or validated.min_snr is None:
        return False
    return inputs.snr < validated.min_snr / _SNR_MARGIN


def _answer(
    model: LogisticModel, ratio: float, lowest: float, highest: float
) -> tuple[Answer, tuple[Reason, ...]]:
    if lowest <= model.no_up_to and highest >= model.yes_from and lowest < highest:
        return "cannot_say", ("interval_spans_decision",)
    if ratio >= model.yes_from:
        return "yes", ()
    if ratio <= model.no_up_to:
        return "no", ()
    return "cannot_say", ("low_probability_margin",)
