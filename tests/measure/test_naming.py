"""What origin and calibre say together of a branch's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measure.naming import Height, branch_name
from pipeline.records.findings import VesselName


@pytest.mark.parametrize(
    ("above_junction_mm", "diameter_mm", "name"),
    [
        (11.8, 0.6, "AICA"),
        (3.0, 0.5, "AICA"),
        (20.0, 0.7, "AICA"),
        (-0.5, 0.5, "AICA"),
        (-15.0, 1.6, "PICA"),
        (3.0, 1.6, "PICA"),
        (-12.0, 0.9, "PICA"),
        (27.0, 1.6, "SCA"),
        (30.0, 1.3, "SCA"),
    ],
)
def test_usual_arteries(above_junction_mm: float, diameter_mm: float, name: VesselName) -> None:
    found = branch_name(Height(above_junction_mm, 1.0), diameter_mm)
    assert found.name == name
    assert found.probability is not None
    assert found.probability > 0.6


def test_without_a_calibre_the_origin_decides() -> None:
    assert branch_name(Height(11.8, 1.0), None).name == "AICA"
    assert branch_name(Height(-15.0, 1.0), None).name == "PICA"
    assert branch_name(Height(27.0, 1.0), None).name == "SCA"


def test_a_wide_artery_low_on_the_basilar_artery_is_less_sure_than_one_on_the_vertebral() -> None:
    low, vertebral = (branch_name(Height(h, 1.0), 1.2).probability for h in (4.0, -15.0))
    assert low is not None
    assert vertebral is not None
    assert low < 0.9 < vertebral


@given(
    height=st.floats(-60.0, 60.0),
    unsure=st.floats(0.5, 10.0),
    diameter_mm=st.none() | st.floats(0.05, 6.0),
)
def test_a_name_is_the_likeliest_of_three(
    height: float, unsure: float, diameter_mm: float | None
) -> None:
    found = branch_name(Height(height, unsure), diameter_mm)
    assert found.name in {"AICA", "PICA", "SCA"}
    assert found.probability is not None
    assert 1 / 3 <= found.probability <= 1.0


@given(diameter_mm=st.floats(0.3, 2.2))
def test_a_name_is_never_surer_where_the_height_is_less_sure(diameter_mm: float) -> None:
    """At the usual height of AICA, while AICA is the likeliest."""
    sure, unsure = (branch_name(Height(11.8, mm), diameter_mm) for mm in (1.0, 6.0))
    if sure.name == unsure.name == "AICA":
        assert unsure.probability is not None
        assert sure.probability is not None
        assert unsure.probability <= sure.probability + 1e-9
