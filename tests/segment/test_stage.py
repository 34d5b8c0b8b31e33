from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.geometry import Grid, Volume, load_volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.landmarks import Segmentation
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Preparation, PreparedVolume
from pipeline.segment import run
from pipeline.segment.networks import Networks
from pipeline.settings import Settings, load_settings
from tests.segment.fakes import POINTS, bright_engine, fake_networks, marker_engine, painted

CASE = "0123456789ab"
IDENTITY = tuple(tuple(float(i == j) for j in range(4)) for i in range(4))


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path)


def prepare(output: OutputFolder, volume: Volume) -> CaseFolder:
    """A study as stage prepare leaves it, with one T2."""
    folder = output.case(CASE)
    save_volume(volume, folder.nifti("t2"))
    prepared = PreparedVolume(
        role="t2",
        series_instance_uid="1.2.3",
        file=output.relative(folder.nifti("t2")),
        voxel_mm=volume.grid.voxel_mm,
        reference_to_volume_lps=IDENTITY,
        residual_mm=0.0,
        intensity_low=0.0,
        intensity_high=1000.0,
    )
    Preparation(
        case=CASE, reference="t2", volumes={"t2": prepared}, refused=(), degraded=("no_tof",)
    ).write(folder.record("prepare"))
    Outcome(stage="prepare", state="done", key="k").write(folder.outcome("prepare"))
    return folder


def settings_of_small_crops() -> Settings:
    settings = load_settings()
    small = settings.segment.model_copy(update={"crop_size_mm": 20.0, "test_time_variants": 2})
    return settings.model_copy(update={"segment": small})


def networks(_: Settings) -> Networks:
    return fake_networks(marker_engine(), bright_engine())


def test_a_study_goes_from_prepared_volumes_to_labels(output: OutputFolder) -> None:
    volume = painted(np.diag([-1.0, -1.0, 1.0]))
    folder = prepare(output, volume)
    [outcome] = run(output, [CASE], settings_of_small_crops(), load=networks)
    assert outcome.state == "done", outcome.message

    record = Segmentation.read(folder.record("segment"))
    assert set(record.localisation.sides) == {"left", "right"}
    assert record.device == "cpu (fake)"
    for side in ("left", "right"):
        with np.load(folder.side_probabilities(side)) as stored:
            probabilities, affine = stored["probabilities"], stored["affine"]
        assert probabilities.shape == (2, 9, 50, 50, 50)
        assert np.sign(affine[0, 0]) == (-1 if side == "left" else 1)
        crop = Grid((50, 50, 50), affine)
        assert crop.contains(POINTS[f"{side}_porus"]).all()
        bright = np.argwhere(probabilities[0, 5] > 128)
        assert len(bright) > 0

    labels = load_volume(folder.segmentation)
    np.testing.assert_allclose(labels.grid.affine, volume.grid.affine, atol=1e-4)
    # the porus is the brightest mark of its crop: the fake segmenter calls it artery
    for side in ("left", "right"):
        at = np.rint(labels.grid.to_index(POINTS[f"{side}_porus"])).astype(int)
        assert labels.array[tuple(at)] == 5
    assert set(np.unique(labels.array)) == {0, 5}


def test_a_slab_without_root_exit_zones_is_not_assessable(output: OutputFolder) -> None:
    rng = np.random.default_rng(0)
    empty = Volume(
        rng.uniform(0, 5, (40, 40, 20)).astype(np.float32), Grid((40, 40, 20), np.eye(4))
    )
    empty.array[:10] = 1000.0
    prepare(output, empty)
    [outcome] = run(output, [CASE], settings_of_small_crops(), load=networks)
    assert (outcome.state, outcome.code) == ("not_assessable", "rez_not_in_image")
    assert outcome.message is not None
    assert "not found on either side" in outcome.message


def test_networks_are_loaded_once_and_only_when_needed(output: OutputFolder) -> None:
    loads = []

    def counting(settings: Settings) -> Networks:
        loads.append(settings)
        return networks(settings)

    prepare(output, painted(np.eye(3)))
    settings = settings_of_small_crops()
    run(output, [CASE, CASE], settings, load=counting)
    assert len(loads) == 1
    run(output, [CASE], settings, load=counting)
    assert len(loads) == 1, "a finished study must not load the networks again"
