"""Studies measured without files: the same records, from images nearly where they lie."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import NotAssessableError, UsageError
from pipeline.evaluate import direct
from pipeline.evaluate.calibrate import calibration_sides, measured_studies
from pipeline.evaluate.direct import DirectFolders, measure_all, placed_volumes, write_measured
from pipeline.evaluate.generated import GeneratedResult
from pipeline.geometry import Volume
from pipeline.paths import OutputFolder, case_of
from pipeline.phantom.acquire import rigid
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.manifest import plans
from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.study import GeneratedStudy, StudyPlan, make_study, study_uid
from pipeline.prepare.registration import register
from pipeline.records.base import SIDES
from pipeline.records.volumes import Preparation
from pipeline.settings import Settings, load_settings
from tests.assess import simulated
from tests.segment.fakes import bright_engine, fake_networks, marker_engine, painted

MOTION = rigid(np.array([0.02, -0.01, 0.03]), np.array([1.0, -2.0, 0.5]), np.zeros(3))


@pytest.fixture
def study() -> GeneratedStudy:
    """A T2 with painted landmarks, and a contrast-enhanced T1 for which the head had moved."""
    image = painted(np.eye(3))
    image = Volume(image.array + np.float32(0.3), image.grid)
    return GeneratedStudy(
        volumes={"t2": image, "t1c": image},
        reference_to_volume_lps={"t2": np.eye(4), "t1c": MOTION},
        families={},
        labels=image,
        truth=simulated.truth(7, sequences=("t2", "t1c")),
    )


def test_only_the_reference_lies_exactly_where_it_is(study: GeneratedStudy) -> None:
    placed = placed_volumes(study, np.random.default_rng(1))
    assert np.array_equal(placed["t2"].reference_to_volume_lps, np.eye(4))
    left = placed["t1c"].reference_to_volume_lps @ np.linalg.inv(MOTION)
    middle = study.volumes["t1c"].grid.centre_lps
    moved = left[:3, :3] @ middle + left[:3, 3] - middle
    assert 0.0 < np.linalg.norm(moved) < 1.0
    assert not np.array_equal(placed["t1c"].volume.array % 1, study.volumes["t1c"].array % 1)
    assert not (placed["t1c"].volume.array % 1).any()


def small_crops(settings: Settings) -> Settings:
    small = settings.segment.model_copy(update={"crop_size_mm": 19.2, "test_time_variants": 1})
    return settings.model_copy(update={"segment": small})


def test_a_calibration_finds_the_records_of_every_side(
    study: GeneratedStudy, tmp_path: Path
) -> None:
    settings = small_crops(load_settings())
    folder = OutputFolder(tmp_path).case(case_of(study.truth.study_instance_uid))
    write_measured(study, folder, fake_networks(marker_engine(), bright_engine()), settings)
    sides = calibration_sides(GeneratedResult(study.truth, tmp_path / "none", folder))
    assert [side.truth for side in sides] == [study.truth.sides[side] for side in SIDES]
    assert {side.measured.reasons for side in sides} == {("nerve_not_traceable",)}
    assert {side.inputs.reference for side in sides} == {"t2"}
    assert not any(side.inputs.tof_present for side in sides)
    prepared = Preparation.read(folder.record("prepare"))
    assert prepared.reference == "t2"
    assert set(prepared.volumes) == {"t2", "t1c"}


def test_a_study_in_which_nothing_is_located_leaves_no_record(
    study: GeneratedStudy, tmp_path: Path
) -> None:
    blank = Volume(np.zeros_like(study.volumes["t2"].array), study.volumes["t2"].grid)
    study.volumes.update({"t2": blank, "t1c": blank})
    folder = OutputFolder(tmp_path).case("one")
    networks = fake_networks(marker_engine(), bright_engine())
    with pytest.raises(NotAssessableError):
        write_measured(study, folder, networks, load_settings())
    assert not folder.record("prepare").exists()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, study: GeneratedStudy) -> list[StudyPlan]:
    """The plans whose studies were made, by a generator and networks that cost nothing."""
    plans_made: list[StudyPlan] = []

    def make(plan: StudyPlan) -> GeneratedStudy:
        plans_made.append(plan)
        if plan.seed % 3 == 2:
            raise ImpossibleAnatomyError("a vessel finds no way")
        uid = study_uid(plan.seed)
        return replace(study, truth=study.truth.model_copy(update={"study_instance_uid": uid}))

    monkeypatch.setattr(direct, "make_study", make)
    monkeypatch.setattr(
        direct, "load_networks", lambda _: fake_networks(marker_engine(), bright_engine())
    )
    monkeypatch.setattr(direct, "ProcessPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1))
    return plans_made


def test_what_was_measured_is_kept_until_something_changes(
    made: list[StudyPlan], tmp_path: Path
) -> None:
    three = plans("calibration", 3)
    folders = DirectFolders(tmp_path / "data", OutputFolder(tmp_path / "out"))
    settings = small_crops(load_settings())
    first = list(measure_all(three, folders, settings, 1))
    assert [plan for plan, _ in first] == three
    assert [missing is None for _, missing in first] == [plan.seed % 3 != 2 for plan in three]
    assert made == three
    assert list(measure_all(three, folders, settings, 1)) == first
    assert made == [*three, *(plan for plan, missing in first if missing)]
    other = settings.measure.model_copy(update={"contact_gap_mm": 0.3})
    list(measure_all(three, folders, settings.model_copy(update={"measure": other}), 1))
    assert made[-3:] == three


def test_a_study_that_cannot_be_measured_any_more_does_not_teach(
    made: list[StudyPlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = next(plan for plan in plans("calibration", 3) if plan.seed % 3 != 2)
    folders = DirectFolders(tmp_path / "data", OutputFolder(tmp_path / "out"))
    settings = small_crops(load_settings())
    list(measure_all([plan], folders, settings, 1))
    assert len(measured_studies(folders.data, folders.results)) == 1

    def refuse(*_: object) -> None:
        raise NotAssessableError("rez_not_in_image", "not there")

    monkeypatch.setattr(direct, "write_measured", refuse)
    monkeypatch.setattr(direct, "_key", lambda _: "another")
    [(_, missing)] = measure_all([plan], folders, settings, 1)
    assert missing is not None
    assert "not there" in missing
    with pytest.raises(UsageError, match="none of the calibration studies was measured"):
        measured_studies(folders.data, folders.results)


def test_registration_finds_the_motion_that_the_generator_tells() -> None:
    """Otherwise the images would be placed the wrong way round, and nobody would see it."""
    side = SideRecipe("clear", "none", 2.5, "CP", "AICA", None, None)
    study = make_study(
        StudyPlan(
            931, "ge", dict.fromkeys(SIDES, side), ("t2", "tof"),
            slab_mm=40.0, slab_offset_mm=0.0, field_of_view_mm=120.0, voxel_mm=(0.8, 0.8),
        )
    )  # fmt: skip
    told = study.reference_to_volume_lps["tof"]
    found = register(study.volumes["t2"], study.volumes["tof"], load_settings().prepare)
    places = np.array([study.truth.sides[side].rez_lps_mm for side in SIDES])
    away = np.linalg.norm(_carried(told, places) - places, axis=1)
    error = np.linalg.norm(
        _carried(told, places) - _carried(found.reference_to_moving_lps, places), axis=1
    )
    assert away.min() > 1.0, "choose a seed with more motion: this one shows nothing"
    assert error.max() < 0.5 * away.min()


def _carried(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:3, :3].T + matrix[:3, 3]
