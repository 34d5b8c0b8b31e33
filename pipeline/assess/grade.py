"""The grade of the output contract, from the answer and the corrected measurements."""

from __future__ import annotations

from pipeline.records.findings import Answer, Grade, Segment

CONTACT_BELOW_MM = 0.05
CLEAR_FROM_MM = 0.3
"""Gaps in between look like contact at these voxel sizes; no image tells them apart."""
NEAR_MM = 1.0
_DEVIATION_MM = 0.5
_DEVIATION_ATTACHED_MM = 0.35
_INDENTATION = 0.2
"""Limits of the contract (output definitions)."""


def grade(
    answer: Answer,
    gap_mm: float,
    segment: Segment,
    deviation_mm: float | None,
    indentation_fraction: float | None,
) -> Grade | None:
    """None where it could not be said whether there is contact."""
    if answer == "cannot_say":
        return None
    if answer == "no":
        return "near" if gap_mm <= NEAR_MM else "none"
    if indentation_fraction is not None and indentation_fraction >= _INDENTATION:
        return "indentation"
    limit = _DEVIATION_ATTACHED_MM if segment in {"RExP", "AS"} else _DEVIATION_MM
    if deviation_mm is not None and deviation_mm >= limit:
        return "deviation"
    return "contact"
