"""How often the answers were right on generated test studies, as released with the models."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.records.base import Record
from pipeline.records.findings import MeasuredAccuracy
from pipeline.records.landmarks import ModelUsed
from pipeline.settings import MODELS

_PLACE = "assessment/accuracy.json"
ACCURACY_FILE = f"models/{_PLACE}"
"""Its place in the repository; written by `nvc evaluate --publish`."""


class ShareRight(Record):
    """How often something was right: share of `sides`."""

    share: float
    sides: int


class ReleasedAccuracy(Record):
    """source: the evaluation in the repository. models: networks and calibration behind it.

    segment, vessel: where along the nerve a contact is, and what its vessel is called where it is
        given a name; None where no such side was measured.
    """

    schema_version: str = "1"
    measured_on: str
    source: str
    models: tuple[ModelUsed, ...]
    accuracy: tuple[MeasuredAccuracy, ...]
    segment: ShareRight | None = None
    vessel: ShareRight | None = None

    def is_of(self, models: Collection[ModelUsed]) -> bool:
        """Whether the figures were measured with exactly these models."""
        measured, used = ({model.sha256 for model in some} for some in (self.models, models))
        return measured == used


def released_accuracy(models: Path = MODELS) -> ReleasedAccuracy | None:
    """The figures of this installation, checked against models.lock; None where there are none.

    Raises UsageError where the file is malformed, or not the one that the lock names.
    """
    from pipeline.segment.models import read_lock

    try:
        content = (models / _PLACE).read_bytes()
        released = ReleasedAccuracy.model_validate_json(content)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise UsageError(
            f"{ACCURACY_FILE} does not fit this version ({error.error_count()} faults); make it "
            "again with `nvc evaluate --publish`"
        ) from None
    if read_lock(models).get(_PLACE) != hashlib.sha256(content).hexdigest():
        raise UsageError(
            f"{ACCURACY_FILE} is refused: it is not the one that models/models.lock names; "
            "restore models/ from the release"
        )
    return released
