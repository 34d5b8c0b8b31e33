"""The calibration: everything that turns measurements into answers, as numbers in one file.

The file is written by `nvc calibrate` from generated calibration studies and holds no choice
made by hand but the targets for sensitivity and specificity, which it states.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.records.base import Record
from pipeline.records.findings import VesselName
from pipeline.records.landmarks import ModelUsed
from pipeline.records.volumes import ImageRole
from pipeline.settings import MODELS

CALIBRATION_FILE = "models/assessment/calibration.json"
"""Its place in the repository, as written into findings."""
Finding = Literal["contact", "tumour", "aneurysm"]
FINDINGS: tuple[Finding, ...] = ("contact", "tumour", "aneurysm")


class Correction(Record):
    """Measured value -> best estimate of the true one; monotone, linear between the knots.

    Beyond the last knot the value moves with slope 1.
    """

    measured: tuple[float, ...]
    true: tuple[float, ...]

    @property
    def is_constant(self) -> bool:
        """Whether the measured value says nothing about the true one."""
        return min(self.true) == max(self.true)

    def apply(self, value: float) -> float:
        """The corrected value, never negative."""
        beyond = max(0.0, value - self.measured[-1])
        return max(0.0, float(np.interp(value, self.measured, self.true)) + beyond)


class LogisticModel(Record):
    """Log odds = intercept + sum(coefficient * feature), in the features' own units.

    prevalence_in_fit: share of positives among the sides it was fitted on.
    yes_from, no_up_to: log likelihood ratios at and above which the answer is yes, at and below
        which it is no; in between it is cannot_say.
    """

    coefficients: dict[str, float]
    intercept: float
    prevalence_in_fit: float
    positives: int
    negatives: int
    yes_from: float
    no_up_to: float
    target_specificity: float
    target_sensitivity: float

    def log_likelihood_ratio(self, features: dict[str, float]) -> float:
        """Posterior over prior log odds, limited to what the number of fitted sides can show.

        With n negatives no likelihood ratio above n + 1 can be known, with n positives none
        below 1 / (n + 1).
        """
        score = self.intercept + sum(c * features[n] for n, c in self.coefficients.items())
        ratio = score - log_odds(self.prevalence_in_fit)
        return max(-math.log(self.positives + 1), min(math.log(self.negatives + 1), ratio))


class ValidatedInputs(Record):
    """What the calibration studies looked like; other studies get no answer.

    min_snr: of the reference; None where it was not measured in them, and then it limits nothing.
    """

    references: tuple[ImageRole, ...]
    max_voxel_mm: float
    min_snr: float | None = None


class Calibration(Record):
    """interval_factor: half-width of a 90 % interval of the gap in standard uncertainties.

    name_reliability: of each name of a vessel the sides on which it was right, over those on which
        its own probabilities promised that it would be; 1 where they promised no more than was
        kept. A name that is not there was never given.
    """

    schema_version: str = "1"
    name: str = "assessment"
    version: str
    calibrated_on: str
    generator_versions: tuple[str, ...]
    studies: int
    sides: int
    gap: Correction
    deviation: Correction
    indentation: Correction
    interval_factor: float
    name_reliability: dict[VesselName, float]
    models: dict[Finding, LogisticModel]
    validated: ValidatedInputs


def calibration_path() -> Path:
    """Where the calibration lies in this installation."""
    return MODELS / "assessment" / "calibration.json"


def released_calibration() -> tuple[Calibration, ModelUsed]:
    """The calibration of this installation, checked against models.lock.

    Raises UsageError where it is missing, malformed, or not the one that the lock names.
    """
    from pipeline.segment.models import read_lock

    calibration, used = load_calibration(calibration_path())
    if read_lock(MODELS).get("assessment/calibration.json") != used.sha256:
        raise UsageError(
            f"the calibration {CALIBRATION_FILE} is refused: it is not the one that "
            "models/models.lock names; restore models/ from the release"
        )
    return calibration, used


def load_calibration(path: Path) -> tuple[Calibration, ModelUsed]:
    """A calibration file and its identity; UsageError where it is missing or malformed."""
    try:
        content = path.read_bytes()
        calibration = Calibration.model_validate_json(content)
    except OSError:
        raise UsageError(
            f"the calibration {CALIBRATION_FILE} is missing, without it no probability can be "
            "given; make it with `nvc calibrate` from generated calibration studies"
        ) from None
    except ValidationError as error:
        raise UsageError(
            f"the calibration {CALIBRATION_FILE} does not fit this version "
            f"({error.error_count()} faults); make it again with `nvc calibrate`"
        ) from None
    checksum = hashlib.sha256(content).hexdigest()
    return calibration, ModelUsed(
        name=calibration.name, version=calibration.version, sha256=checksum
    )


def log_odds(probability: float) -> float:
    """Natural logarithm of p / (1 - p)."""
    return math.log(probability / (1.0 - probability))


def posterior(prevalence: float, log_likelihood_ratio: float) -> float:
    """Probability at a prevalence, given the evidence."""
    return 1.0 / (1.0 + math.exp(-(log_odds(prevalence) + log_likelihood_ratio)))
