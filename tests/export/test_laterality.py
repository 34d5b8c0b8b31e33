"""A segment belongs to a side only where all of its voxels do."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.export.laterality import one_sided_segments
from pipeline.geometry import Grid, Volume
from pipeline.records.base import Point, Side
from pipeline.records.findings import Findings
from pipeline.records.labels import Label
from tests.report.builders import tumour_right

GRID = Grid((40, 20, 20), np.diag([1.0, 1.0, 1.0, 1.0]))
MIDLINE_X = 19.5


def _findings(left: Point | None, right: Point | None) -> Findings:
    found = tumour_right()
    sides = {
        side: found.sides[side].model_copy(update={"rez_lps_mm": place})
        for side, place in (("left", left), ("right", right))
    }
    return found.model_copy(update={"sides": sides})


def _labels(places: dict[Label, list[int]]) -> Volume:
    array = np.zeros(GRID.shape, dtype=np.uint8)
    for label, columns in places.items():
        array[columns, 10, int(label)] = label
    return Volume(array, GRID)


BOTH = _findings((MIDLINE_X + 12, 10.0, 10.0), (MIDLINE_X - 12, 10.0, 10.0))


def test_only_what_lies_on_one_side_alone_is_named() -> None:
    labels = _labels({Label.TUMOUR: [3, 8], Label.ANEURYSM: [30], Label.FACIAL_NERVE_REZ: [5, 35]})
    assert one_sided_segments(labels, BOTH) == {Label.TUMOUR: "right", Label.ANEURYSM: "left"}


def test_without_both_root_exit_zones_no_midline_is_guessed() -> None:
    labels = _labels({Label.TUMOUR: [3]})
    assert one_sided_segments(labels, _findings((31.0, 10.0, 10.0), None)) == {}


@given(columns=st.lists(st.integers(0, 39), min_size=1, max_size=5), flipped=st.booleans())
def test_the_patient_counts_not_the_order_of_voxels(columns: list[int], flipped: bool) -> None:
    labels = _labels({Label.TUMOUR: columns})
    if flipped:
        turn = np.diag([-1.0, 1.0, 1.0, 1.0])
        turn[0, 3] = GRID.shape[0] - 1
        labels = Volume(labels.array[::-1].copy(), Grid(GRID.shape, GRID.affine @ turn))
    on: set[Side] = {"left" if column > MIDLINE_X else "right" for column in columns}
    found = one_sided_segments(labels, BOTH)
    assert found == ({Label.TUMOUR: on.pop()} if len(on) == 1 else {})
