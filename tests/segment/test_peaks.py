from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.segment.peaks import find_peak
from tests.segment.fakes import gaussian

coordinate = st.floats(4.0, 19.0)


@settings(max_examples=40, deadline=None)
@given(coordinate, coordinate, coordinate, st.floats(0.3, 1.0))
def test_a_peak_is_found_to_a_tenth_of_a_voxel(x: float, y: float, z: float, height: float) -> None:
    centre = np.array([x, y, z])
    peak = find_peak(np.float32(height) * gaussian((24, 24, 24), centre, 2.0))
    assert np.abs(peak.index - centre).max() < 0.12
    assert abs(peak.height - height) < 0.11 * height


def test_a_lower_second_peak_does_not_pull() -> None:
    first, second = np.array([8.3, 8.0, 8.0]), np.array([14.0, 8.0, 8.0])
    shape = (24, 24, 24)
    peak = find_peak(gaussian(shape, first, 2.0) + np.float32(0.6) * gaussian(shape, second, 2.0))
    assert np.abs(peak.index - first).max() < 0.35


def test_an_empty_heatmap_has_a_peak_of_no_height() -> None:
    assert find_peak(np.zeros((5, 5, 5), dtype=np.float32)).height == 0.0
