"""Shares of voxels that can be counted by hand, alone and in an output folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.evaluate.angiogram import angiogram_scores, bright_voxels
from pipeline.geometry import Volume, save_volume
from pipeline.geometry.grid import isotropic
from pipeline.paths import OutputFolder
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation, Segmentation, SideLandmarks
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.records.volumes import Preparation, PreparedVolume

CENTRE = (2.0, -3.0, 5.0)
GRID = isotropic(CENTRE, 60.0, 1.0)
_IDENTITY = tuple(tuple(map(float, row)) for row in np.eye(4))


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


def test_every_side_that_was_found_of_an_angiogram_counts(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    study = IntakeStudy(case="one", study_instance_uid="1.2", series=())
    Intake(files=1, quarantined=(), studies=(study,)).write(output.intake)
    case = output.case("one")
    angiogram, labels = _volumes()
    image = tmp_path / "tof.nii.gz"
    for volume, path in ((angiogram, image), (labels, case.segmentation)):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_volume(volume, path)
    placed = PreparedVolume(
        role="tof",
        series_instance_uid="1.2.3",
        file=image.name,
        voxel_mm=(1.0, 1.0, 1.0),
        reference_to_volume_lps=_IDENTITY,
        residual_mm=0.0,
        intensity_low=0.0,
        intensity_high=200.0,
    )
    prepared = Preparation(
        case="one", reference="tof", volumes={"tof": placed}, refused=(), degraded=()
    )
    prepared.write(case.record("prepare"))
    marks = SideLandmarks(
        rez_lps_mm=CENTRE, rez_confidence=0.5, porus_lps_mm=CENTRE, porus_confidence=0.5
    )
    found = Localisation(case="one", sides={"left": marks}, reasons={"right": ("outside_slab",)})
    Segmentation(
        case="one", localisation=found, covered={"left": ("tof",)}, models=(), device="cpu"
    ).write(case.record("segment"))
    (side,) = angiogram_scores(output, 180.0, 120.0).sides
    assert (side.side, side.bright_voxels, side.labelled) == ("left", 10, 0.8)

    prepared.model_copy(update={"reference": "t2"}).write(case.record("prepare"))
    with pytest.raises(UsageError, match="without T2"):
        angiogram_scores(output, 180.0, 120.0)


def test_without_angiograms_the_reason_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    output = OutputFolder(tmp_path_factory.mktemp("results"))
    Intake(files=0, quarantined=(), studies=()).write(output.intake)
    with pytest.raises(UsageError, match="without T2"):
        angiogram_scores(output, 180.0, 120.0)
