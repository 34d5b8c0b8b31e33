"""What the referral says about a study, given beside the images. It never changes a measurement."""

from __future__ import annotations

from pipeline.records.base import Record, Side


class ClinicalNote(Record):
    """affected_side: the side of the spasm, None where both are affected."""

    affected_side: Side | None
