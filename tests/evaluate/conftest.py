"""Calibration studies without images."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.paths import OutputFolder
from pipeline.records.base import SIDES

from ..assess.simulated import simulated_sides
from .outputs import write_measured, write_truth


@pytest.fixture
def studies(tmp_path: Path) -> tuple[Path, OutputFolder]:
    """Sixty studies measured, not assessed: what a first calibration has to work from."""
    data, output = tmp_path / "data", OutputFolder(tmp_path / "out")
    simulated = simulated_sides(120)
    for number in range(60):
        pair = dict(zip(SIDES, simulated[2 * number : 2 * number + 2], strict=True))
        truth = write_truth(data, number, {side: one.truth for side, one in pair.items()})
        write_measured(truth, output, {side: one.measured for side, one in pair.items()})
    return data, output
