"""Shares of voxels that can be counted by hand, and the command on an output folder."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.evaluate.angiogram import angiogram_scores, bright_voxels
from pipeline.geometry import Volume
from pipeline.geometry.grid import isotropic
from pipeline.paths import OutputFolder
from pipeline.records.labels import Label
from pipeline.records.manifest import Intake

CENTRE = (2.0, -3.0, 5.0)
GRID = isotropic(CENTRE, 60.0, 1.0)


def _volumes() -> tuple[Volume, Volume]:
    """Ten bright voxels, of which eight are labelled; four labels on dark, two on grey voxels."""
    values = np.full(GRID.shape, 50.0, dtype=np.float32)
    labels = np.full(GRID.shape, Label.OTHER, dtype=np.uint8)
    values[30, 30, 25:35] = 200.0
    labels[30, 30, 25:33] = Label.ARTERY
    labels[20, 30, 25:29] = Label.ARTERY
    values[20, 30, 25:27] = 150.0
    labels[30, 30, 33] = Label.VEIN
    return Volume(values, GRID), Volume(labels, GRID)


def test_shares_are_those_counted_by_hand() -> None:
    angiogram, labels = _volumes()
    found = bright_voxels("left", angiogram, labels, CENTRE, 180.0, 120.0)
    assert (found.bright_voxels, found.labelled) == (10, 0.8)
    assert (found.artery_voxels, found.not_dark) == (12, round(10 / 12, 4))


def test_voxels_beyond_twenty_millimetres_do_not_count() -> None:
    angiogram, labels = _volumes()
    away = (CENTRE[0] + 26.0, CENTRE[1], CENTRE[2])
    found = bright_voxels("left", angiogram, labels, away, 180.0, 120.0)
    assert (found.bright_voxels, found.labelled, found.not_dark) == (0, None, None)


def test_a_limit_is_not_above_itself() -> None:
    angiogram, labels = _volumes()
    found = bright_voxels("left", angiogram, labels, CENTRE, 200.0, 150.0)
    assert found.bright_voxels == 0
    assert found.not_dark == round(8 / 12, 4)


def test_without_angiograms_the_reason_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    output = OutputFolder(tmp_path_factory.mktemp("results"))
    Intake(files=0, quarantined=(), studies=()).write(output.intake)
    with pytest.raises(UsageError, match="without T2"):
        angiogram_scores(output, 180.0, 120.0)
