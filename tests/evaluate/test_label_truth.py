"""On which side of the patient drawn nerves lie; what labels show is in `test_acceptance`."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluate.label_truth import SideUnknownError, nerve_places
from pipeline.geometry import Grid, Volume
from pipeline.records.labels import Label

GRID = Grid((60, 10, 10), np.diag([1.0, 1.0, 1.0, 1.0]))


def labels(*nerves: int, stem: bool = False) -> Volume:
    """Nerves of four voxels that begin at the given x, and a brainstem around x = 30."""
    array = np.zeros(GRID.shape, dtype=np.uint8)
    for x in nerves:
        array[x : x + 4, 5, 5] = Label.FACIAL_NERVE_CISTERNAL
    if stem:
        array[25:35, 2:8, 2:8] = Label.BRAINSTEM
    return Volume(array, GRID)


def test_two_nerves_lie_on_either_side_of_the_gap_between_them() -> None:
    found = nerve_places(labels(10, 45))
    assert found["right"][:, 0].tolist() == [10, 11, 12, 13]
    assert found["left"][:, 0].tolist() == [45, 46, 47, 48]


@pytest.mark.parametrize(("x", "sizes"), [(45, (4, 0)), (10, (0, 4))])
def test_one_nerve_lies_beside_the_brainstem(x: int, sizes: tuple[int, int]) -> None:
    found = nerve_places(labels(x, stem=True))
    assert (len(found["left"]), len(found["right"])) == sizes


def test_one_nerve_alone_could_be_either() -> None:
    with pytest.raises(SideUnknownError):
        nerve_places(labels(45))
