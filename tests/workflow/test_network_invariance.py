"""Networks included: a mirrored or turned head keeps its places, and nearly its gaps.

The limits are those of docs/reference/invariance.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Volume
from pipeline.records.base import SIDES, Side
from pipeline.settings import Settings, load_settings

from .network_invariance import POSES, Said, assessed, sample_t2

PLACE_MM, GAP_MM, PROBABILITY = 1.0, 1.0, 0.20


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Of the product, but one variant of each crop."""
    settings = load_settings()
    segment = settings.segment.model_copy(update={"test_time_variants": 1})
    return settings.model_copy(update={"segment": segment})


@pytest.fixture(scope="module")
def image() -> Volume:
    return sample_t2("contact_left")


@pytest.fixture(scope="module")
def as_it_is(image: Volume, settings: Settings) -> dict[Side, Said]:
    return assessed(image, settings)


@pytest.mark.parametrize("pose", ["mirrored", "turned about x"])
def test_how_the_head_lies(
    pose: str, image: Volume, as_it_is: dict[Side, Said], settings: Settings
) -> None:
    transform = POSES[pose](image)
    found = assessed(Volume(image.array, image.grid.moved(transform)), settings)
    for side in SIDES:
        before, after = as_it_is[side], found[_seen_as(side, pose)]
        assert before.rez_lps_mm is not None
        expected = transform @ [*before.rez_lps_mm, 1.0]
        assert np.linalg.norm(np.subtract(after.rez_lps_mm, expected[:3])) <= PLACE_MM
        assert after.gap_mm == pytest.approx(before.gap_mm, abs=GAP_MM)
        assert after.probability == pytest.approx(before.probability, abs=PROBABILITY)
        assert {before.answer, after.answer} != {"yes", "no"}


def _seen_as(side: Side, pose: str) -> Side:
    if pose != "mirrored":
        return side
    return "right" if side == "left" else "left"
