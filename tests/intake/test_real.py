"""Intake of real studies from several scanners (skipped where they are not at hand)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydicom import Dataset

from pipeline import intake
from pipeline.errors import NothingToReadError
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake, IntakeSeries
from pipeline.settings import load_settings

EXPECTED = yaml.safe_load((Path(__file__).parent / "real_series.yaml").read_text(encoding="utf-8"))
FOLDERS = tuple(name for name, folder in EXPECTED.items() if "series" in folder)


@pytest.fixture(scope="module")
def taken(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Intake]:
    """Each folder taken in by itself."""
    place = tmp_path_factory.mktemp("real")
    return {
        name: intake.run(real_data / name, OutputFolder(place / name), load_settings())
        for name in FOLDERS
    }


def series_of(found: Intake) -> list[IntakeSeries]:
    return [entry for study in found.studies for entry in study.series]


def test_the_table_knows_every_folder(real_data):
    assert set(EXPECTED) == {path.name for path in real_data.iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_series_has_its_role_or_its_reason(taken, name):
    expected = EXPECTED[name]
    found = sorted(series_of(taken[name]), key=lambda s: (s.series_instance_uid, s.reason))
    assert [(s.series_instance_uid, s.role, s.refusal, s.instances) for s in found] == [
        (s["uid"], s["role"], s["refusal"], s["instances"]) for s in expected["series"]
    ]
    for entry, row in zip(found, expected["series"], strict=True):
        assert entry.reason.startswith(row["because"])
    assert taken[name].files == expected["files"]
    assert len(taken[name].quarantined) == expected["not_dicom"]


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - set(FOLDERS)))
def test_folders_without_dicom_say_so(real_data, tmp_path, name):
    with pytest.raises(NothingToReadError, match=f"among the {EXPECTED[name]['files']} files"):
        intake.run(real_data / name, OutputFolder(tmp_path), load_settings())


@pytest.mark.parametrize("name", FOLDERS)
def test_every_file_has_its_place(taken, real_data, name):
    found = taken[name]
    on_disk = sum(path.is_file() for path in (real_data / name).rglob("*"))
    assert found.files == on_disk
    assert {item.reason for item in found.quarantined} <= {"not a DICOM file"}
    copies = sum(
        int(entry.reason.split(" copies left out")[0].split()[-1])
        for entry in series_of(found)
        if "copies left out" in entry.reason
    )
    instances = sum(entry.instances for entry in series_of(found))
    assert instances + copies + len(found.quarantined) == on_disk


def test_tof_study(taken):
    series = {entry.description: entry for entry in series_of(taken["tof-study-siemens"])}
    tof = series["TOF3D"]
    assert (tof.role, tof.refusal, tof.instances) == ("tof", None, 106)
    assert "106 slices 0.70 mm apart, pixels 0.39 mm" in tof.reason
    assert series["TOF3D_MIP_COR"].role == "other"
    assert "projection" in series["TOF3D_MIP_COR"].reason
    assert series["DIFFUSION_ADC"].role == "other"
    assert "diffusion" in series["DIFFUSION_ADC"].reason


def test_philips_mprage(taken):
    (entry,) = series_of(taken["philips-mprage-classic"])
    assert (entry.role, entry.refusal, entry.instances) == ("t1", None, 170)


def test_raw_objects_beside_multi_frame_images(taken):
    series = series_of(taken["philips-enhanced"])
    assert {entry.role for entry in series} == {"other"}
    raw = [entry for entry in series if "Raw Data" in entry.reason]
    images = [entry for entry in series if "two-dimensional" in entry.reason]
    assert (len(raw), len(images)) == (3, 4)


def test_multi_frame_and_classic_twins_have_the_same_geometry(taken):
    series = {entry.description: entry for entry in series_of(taken["philips-enhanced"])
              if "Raw" not in entry.reason}  # fmt: skip
    enhanced, classic = series["T1W_FFE_Sno_CS2"], series["T1W_FFE_Sno_CS4"]
    assert (enhanced.instances, classic.instances) == (1, 24)
    assert enhanced.reason == classic.reason


def test_siemens_multi_frame(taken):
    series = series_of(taken["siemens-xa30-enhanced"])
    assert [(e.role, e.description) for e in series if e.role != "other"] == [
        ("t1", "anat-T1w_acq-tfl")
    ] * 2
    assert all("96 slices 2.00 mm apart" in e.reason for e in series if e.role == "t1")
    assert any("Enhanced SR" in entry.reason for entry in series)


def test_ge_mprage(taken):
    (entry,) = series_of(taken["ge-mprage-phantom"])
    assert (entry.role, entry.refusal) == ("t1", None)
    assert "130 slices 1.20 mm apart" in entry.reason


def test_thick_diffusion_and_mosaics_are_of_no_use(taken):
    for name in ("canon-galan", "transfer-syntaxes"):
        assert {entry.role for entry in series_of(taken[name])} == {"other"}


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("gantrytilting/001", "tilted"),
        ("notavolume/001", "several_volumes"),
        ("sliceincrement/001", "missing_slices"),
        ("sliceincrement/002", "missing_slices"),
        ("sliceorientation/001", "mixed_size"),
    ],
)
def test_series_that_form_no_volume(real_data, folder, code):
    from pydicom import dcmread

    from pipeline.geometry.frames import frames_of
    from pipeline.geometry.slices import StackProblem, stack_of

    paths = sorted((real_data / "dicom2nifti-snippets" / "failing" / folder).iterdir())
    datasets: list[Dataset] = [dcmread(path, stop_before_pixels=True) for path in paths]
    found = stack_of([frame for dataset in datasets for frame in frames_of(dataset)])
    assert isinstance(found, StackProblem)
    assert found.code == code
