"""A sequence covers a root exit zone only where its images hold what lies around it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Grid, Volume
from pipeline.phantom.acquire import rigid
from pipeline.segment.coverage import covering
from pipeline.segment.sampling import PlacedVolume

REZ = (11.0, 4.0, -2.0)
HERE = np.eye(4)


def _slab(lowest_mm: float, highest_mm: float, bridge: np.ndarray = HERE) -> PlacedVolume:
    """120 mm wide, from one height to another in its own frame."""
    slices = round(highest_mm - lowest_mm)
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = (-60.0, -60.0, lowest_mm + 0.5)
    return PlacedVolume(
        Volume(np.zeros((120, 120, slices)), Grid((120, 120, slices), affine)), bridge
    )


@pytest.mark.parametrize(
    ("below_mm", "above_mm", "covered"),
    [(30, 30, True), (30, 12, True), (30, 9, True), (30, 5, False), (2, 30, False), (4, 4, False)],
)
def test_a_slab_may_end_beyond_the_surroundings_not_within(
    below_mm: float, above_mm: float, covered: bool
) -> None:
    slab = _slab(REZ[2] - below_mm, REZ[2] + above_mm)
    assert covering(REZ, {"t2": slab}) == (("t2",) if covered else ())


def test_an_angiogram_of_the_circle_of_willis_covers_nothing_here() -> None:
    volumes = {"t2": _slab(-40.0, 40.0), "tof": _slab(10.0, 70.0)}
    assert covering(REZ, volumes) == ("t2",)


def test_the_place_is_looked_up_where_registration_puts_it() -> None:
    moved = rigid(np.zeros(3), np.array([0.0, 0.0, 60.0]), np.zeros(3))
    assert covering(REZ, {"tof": _slab(40.0, 90.0, moved)}) == ("tof",)
    assert covering(REZ, {"tof": _slab(40.0, 90.0)}) == ()
