"""Every quantity of the table, measured on one subject's geometry."""

from __future__ import annotations

from pipeline.phantom.statistics.branches import aica_quantities, other_branch_quantities
from pipeline.phantom.statistics.contacts import contact_quantities, lesion_quantities
from pipeline.phantom.statistics.nerves import canal_quantities, nerve_quantities
from pipeline.phantom.statistics.trunks import trunk_quantities
from pipeline.phantom.subject import Subject
from pipeline.records.base import SIDES

Measured = list[tuple[str, float]]
"""Names of the table with a value each, as often as the subject shows them; a share's is 0 or 1."""


def measure_subject(subject: Subject) -> Measured:
    """Both sides and what they share."""
    found: Measured = list(trunk_quantities(subject).items())
    for side in SIDES:
        for quantities in (
            nerve_quantities(subject.sides[side]),
            canal_quantities(subject.sides[side]),
            aica_quantities(subject, side),
            other_branch_quantities(subject, side),
            contact_quantities(subject, side),
            lesion_quantities(subject, side),
        ):
            found.extend(quantities.items())
    return found
