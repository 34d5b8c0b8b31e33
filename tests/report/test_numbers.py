"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.numbers import begun, filled, millimetres, percent, shown_mm


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0 mm"), (0.003, "0.0 mm"), (0.04, "0.04 mm"), (0.094, "0.09 mm"), (0.096, "0.1 mm"),
     (0.25, "0.2 mm"), (1.96, "2.0 mm"), (12.34, "12.3 mm")],
)  # fmt: skip
def test_lengths(value: float, text: str) -> None:
    assert millimetres(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "below 1 %"), (0.934, "93 %"), (0.997, "above 99 %"), (1.0, "100 %")],
)
def test_shares(share: float, text: str) -> None:
    assert percent(share).replace("\u00a0", " ") == text


@given(st.floats(0, 100))
def test_a_rounded_length_is_near_the_true_one(value: float) -> None:
    assert float(millimetres(value).split("\u00a0")[0]) == pytest.approx(value, abs=0.0501)


def test_a_shown_number_keeps_value_and_source() -> None:
    assert shown_mm(-2.43, "side_difference") == (
        '<data value="-2.43" data-source="side_difference">2.4\u00a0mm</data>'
    )


def test_what_is_filled_in_is_escaped_and_markup_is_kept() -> None:
    said = filled("<{a}> {b}", a="<b>", b=shown_mm(1.0, "x"))

    assert said == '&lt;&lt;b&gt;&gt; <data value="1.0" data-source="x">1.0\u00a0mm</data>'
    assert begun("an artery <x>") == "An artery &lt;x&gt;"
