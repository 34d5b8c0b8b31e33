"""Layers of a picture: marks, outlines, dashes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records.labels import Label
from pipeline.report.drawing import PANEL_PIXELS, Marks, Panel, dashes, draw_layers, scale_bar_mm
from pipeline.report.palette import STROKES

MARKS = Marks({"left": "R", "right": "L", "top": "A", "bottom": "P"}, "L 1.0 mm", 40.0, ticks=False)
GREY = np.full((PANEL_PIXELS, PANEL_PIXELS), 0.25, dtype=np.float32)


def test_panels_stand_side_by_side_with_the_same_outlines() -> None:
    square = np.array([(0.6, 0.4), (0.7, 0.4), (0.7, 0.5), (0.6, 0.5), (0.6, 0.4)])

    layers = draw_layers([Panel("T2", GREY), Panel("TOF", GREY)], [(Label.ARTERY, [square])], MARKS)

    assert layers.grey.size == layers.outlines.size == (2 * PANEL_PIXELS + 6, PANEL_PIXELS)
    drawn = np.asarray(layers.outlines)[..., 3] > 128
    first, second = drawn[:, :PANEL_PIXELS], drawn[:, PANEL_PIXELS + 6 :]
    np.testing.assert_array_equal(first, second)
    rows, columns = np.nonzero(first)
    assert (columns.min() / PANEL_PIXELS, columns.max() / PANEL_PIXELS) == pytest.approx(
        (0.6, 0.7), abs=0.01
    )
    assert (rows.min() / PANEL_PIXELS, rows.max() / PANEL_PIXELS) == pytest.approx(
        (0.4, 0.5), abs=0.01
    )


def test_the_outline_has_the_colour_of_its_label() -> None:
    line = np.array([(0.3, 0.5), (0.7, 0.5)])
    for label in (Label.ARTERY, Label.FACIAL_NERVE_REZ, Label.TUMOUR):
        layers = draw_layers([Panel("T2", GREY)], [(label, [line])], MARKS)
        pixel = np.asarray(layers.flat())[PANEL_PIXELS // 2, PANEL_PIXELS // 2]
        wanted = [int(STROKES[label].colour[k : k + 2], 16) for k in (1, 3, 5)]
        np.testing.assert_allclose(pixel, wanted, atol=60)


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    black = np.zeros_like(GREY)
    grey = np.asarray(draw_layers([Panel("", black)], [], MARKS).grey)

    bar = grey[PANEL_PIXELS - 12, PANEL_PIXELS // 2 :] > 200
    assert bar.sum() == pytest.approx(PANEL_PIXELS * scale_bar_mm(40.0) / 40.0, abs=2)


@given(st.floats(8.0, 220.0))
def test_the_scale_bar_fits(size_mm: float) -> None:
    assert 0.09 * size_mm <= scale_bar_mm(size_mm) <= size_mm / 4


def test_every_label_has_a_line_of_its_own() -> None:
    assert set(STROKES) == set(Label) - {Label.OTHER}
    assert len({(stroke.colour, stroke.dash) for stroke in STROKES.values()}) == len(STROKES)


@given(st.floats(5.0, 60.0), st.floats(0.2, 2.0), st.floats(0.2, 2.0))
def test_dashes_cover_their_share_of_a_line(length: float, on: float, off: float) -> None:
    line = np.array([(0.0, 0.0), (length / 2, 0.0), (length / 2, length / 2)]) * 10

    pieces = dashes(line, (on, off), 10.0)

    drawn = sum(np.linalg.norm(np.diff(piece, axis=0), axis=1).sum() for piece in pieces) / 10
    assert drawn == pytest.approx(length * on / (on + off), abs=on)
    assert all((piece >= 0).all() and (piece <= 5 * length + 1e-6).all() for piece in pieces)
