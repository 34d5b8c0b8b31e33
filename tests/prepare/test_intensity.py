"""Brightness on one scale, whatever the scanner's units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.prepare.intensity import intensity_range, normalised

IMAGE = np.random.default_rng(0).gamma(2.0, 100.0, (20, 20, 20))


@given(gain=st.floats(0.01, 100.0), offset=st.floats(-500.0, 500.0))
def test_gain_and_offset_of_the_scanner_do_not_matter(gain: float, offset: float) -> None:
    scaled = IMAGE * gain + offset
    first = normalised(IMAGE, *intensity_range(IMAGE))
    second = normalised(scaled, *intensity_range(scaled))
    assert np.allclose(first, second, atol=2e-3)


def test_outliers_are_cut_off_and_do_not_set_the_scale() -> None:
    spoiled = IMAGE.copy()
    spoiled[0, 0, 0] = 1e7
    assert intensity_range(spoiled)[1] == pytest.approx(intensity_range(IMAGE)[1], rel=0.05)
    result = normalised(spoiled, *intensity_range(spoiled))
    assert result.max() == 1.5
    assert result.min() == 0.0
    assert result.dtype == np.float32


def test_a_constant_image_gives_zeros_not_a_division_by_zero() -> None:
    flat = np.full((4, 4, 4), 7.0)
    assert (normalised(flat, *intensity_range(flat)) == 0).all()
