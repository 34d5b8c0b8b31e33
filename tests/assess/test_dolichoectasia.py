"""Smoker's criteria: flagged, not flagged, or not said."""

from __future__ import annotations

import pytest

from pipeline.assess.dolichoectasia import dolichoectasia


@pytest.mark.parametrize(
    ("basilar_mm", "laterality", "flagged"),
    [
        (5.2, 0.1, True),
        (5.2, None, True),
        (3.4, 0.3, False),
        (3.4, 1.05, True),
        (None, 1.05, True),
        (3.4, None, None),
        (4.6, 0.1, None),
        (4.4, 0.1, None),
        (None, 0.2, None),
        (None, None, None),
    ],
)
def test_flagged_only_where_a_criterion_is_clearly_met(
    basilar_mm: float | None, laterality: float | None, flagged: bool | None
) -> None:
    assert dolichoectasia(basilar_mm, laterality) is flagged
