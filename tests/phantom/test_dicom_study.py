"""A whole study in one folder: its series, localizer and projections, and what intake finds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pydicom import dcmread
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume
from pipeline.intake import run
from pipeline.paths import OutputFolder, case_of
from pipeline.phantom.dicom_acquisition import acquisition
from pipeline.phantom.dicom_identity import generated_identity
from pipeline.phantom.dicom_secondary import facing, write_tof_mip
from pipeline.phantom.dicom_study import write_study
from pipeline.phantom.vendors import VENDORS
from pipeline.settings import load_settings

SPOT_LPS = np.array([21.0, -13.0, 9.0])
"""A bright spot on the patient's left, in front, above the middle."""


def volume_of(role, tilt=(0.1, -0.05, 0.08)):
    """A slab around the origin, dim but for the spot."""
    voxel = np.array([1.0, 1.0, 1.0] if role in ("t1", "t1c") else [0.75, 0.75, 0.9])
    shape = tuple(np.round(np.array([80.0, 76.0, 36.0]) / voxel).astype(int))
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_rotvec(tilt).as_matrix() * voxel
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    grid = Grid(shape, affine)
    away = np.linalg.norm(grid.to_lps(np.moveaxis(np.indices(shape), 0, -1)) - SPOT_LPS, axis=-1)
    noise = np.random.default_rng(4).uniform(0.0, 60.0, shape)
    return Volume((noise + 2000.0 * np.exp(-((away / 3.0) ** 2))).astype(np.float32), grid)


@pytest.fixture(scope="module", params=VENDORS)
def study(request, tmp_path_factory):
    """A study of each vendor: folder, identity and the series that were written."""
    folder = tmp_path_factory.mktemp("study") / "DICOM"
    identity = generated_identity(21)
    volumes = {role: volume_of(role) for role in ("t2", "tof", "t1c", "t1")}
    return folder, identity, write_study(volumes, identity, request.param, 21, folder)


def brightest_lps(path):
    """LPS place of the brightest pixel of an image."""
    image = dcmread(path)
    row, column = np.unravel_index(image.pixel_array.argmax(), image.pixel_array.shape)
    row_mm, column_mm = image.PixelSpacing
    along = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    return (
        np.array(image.ImagePositionPatient)
        + along[0] * column * column_mm
        + (along[1] * row * row_mm)
    )


def test_all_series_lie_mixed_in_one_folder(study):
    folder, identity, written = study
    assert Counter(series.role for series in written) == {
        "other": 3, "t1": 1, "t2": 1, "tof": 1, "t1c": 1
    }  # fmt: skip
    files = [path for series in written for path in series.files]
    assert len(set(files)) == len(files)
    assert sorted(files) == sorted(folder.iterdir())
    assert len({series.series_number for series in written}) == len(written)
    for series in written:
        for path in series.files:
            image = dcmread(path, stop_before_pixels=True)
            assert image.StudyInstanceUID == identity.study_instance_uid
            assert image.SeriesInstanceUID == series.series_instance_uid
            assert image.SeriesNumber == series.series_number
            assert image.SeriesDescription == series.description
            assert not any(word in path.name.lower() for word in ("phantom", "t2", "tof", "mip"))


def test_series_of_a_study_share_machine_patient_and_frame(study):
    _, identity, written = study
    images = [dcmread(series.files[0], stop_before_pixels=True) for series in written]
    for keyword in ("DeviceSerialNumber", "FrameOfReferenceUID", "PatientID", "StudyDate"):
        assert len({image[keyword].value for image in images}) == 1
    assert images[0].PatientID == identity.patient_id
    times = {image.SeriesNumber: image.SeriesTime for image in images}
    assert [times[number] for number in sorted(times)] == sorted(times.values())


def test_intake_finds_every_role_and_refuses_the_rest(study, tmp_path):
    folder, identity, written = study
    intake = run(folder, OutputFolder(tmp_path / "out"), load_settings())
    assert [found.study_instance_uid for found in intake.studies] == [identity.study_instance_uid]
    assert intake.studies[0].case == case_of(identity.study_instance_uid)
    found = {series.series_instance_uid: series for series in intake.studies[0].series}
    assert not intake.quarantined
    for series in written:
        entry = found[series.series_instance_uid]
        assert entry.role == series.role, entry.reason
        assert entry.instances == len(series.files)
        assert "cannot serve" not in entry.reason


def test_the_localizer_has_three_thick_slices_at_right_angles(study):
    localizer = study[2][0]
    images = [dcmread(path) for path in localizer.files]
    assert len(images) == 3
    normals = []
    for image, path in zip(images, localizer.files, strict=True):
        assert 5.0 <= float(image.SliceThickness) <= 7.0
        assert image.MRAcquisitionType == "2D"
        assert image.pixel_array.max() > 0
        axes = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
        normals.append(np.abs(np.cross(*axes)))
        assert np.abs(np.cross(*axes) @ np.array(image.ImagePositionPatient)) < 1.0, path
    np.testing.assert_allclose(np.sum(normals, axis=0), [1.0, 1.0, 1.0], atol=1e-6)


def test_projections_show_the_spot_where_it_is(study):
    projections = [
        series for series in study[2] if "MIP" in series.description or "PJN" in series.description
    ]
    assert len(projections) == 2
    for series, across in zip(projections, (1, 0), strict=True):
        images = [dcmread(path) for path in series.files]
        assert all("ORIGINAL" not in i.ImageType or "MIP" in i.ImageType[2] for i in images)
        shown = max(series.files, key=lambda path: dcmread(path).pixel_array.max())
        image = dcmread(shown)
        assert float(image.PixelSpacing[0]) == pytest.approx(float(image.PixelSpacing[1]))
        assert image.pixel_array.max() > 1500
        away = brightest_lps(shown) - SPOT_LPS
        normal = np.cross(*np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3))
        assert np.abs(normal).argmax() == across
        assert np.linalg.norm(away - normal * (away @ normal)) < 1.5
        assert float(image.ImageOrientationPatient[5]) < -0.9  # the head is up


def test_sliding_projections_overlap(tmp_path):
    volume = volume_of("tof")
    angiogram = acquisition("tof", "philips", np.random.default_rng(0))
    paths = write_tof_mip(volume, angiogram, generated_identity(1), tmp_path, 302)
    images = [dcmread(path) for path in paths]
    assert len(images) > 5
    steps = np.diff([np.array(image.ImagePositionPatient) for image in images], axis=0)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), float(images[0].SpacingBetweenSlices))
    assert float(images[0].SliceThickness) > 2 * float(images[0].SpacingBetweenSlices)


@pytest.mark.parametrize("view", ["axial", "coronal", "sagittal"])
def test_turned_volumes_keep_every_voxel_in_place(view):
    rng = np.random.default_rng(8)
    for _ in range(20):
        affine = np.eye(4)
        affine[:3, :3] = Rotation.random(rng=rng).as_matrix() * [0.5, 0.6, -0.9]
        affine[:3, 3] = rng.normal(0.0, 40.0, 3)
        volume = Volume(rng.random((4, 5, 6)), Grid((4, 5, 6), affine))
        turned = facing(volume, view)
        index = np.indices(turned.array.shape).reshape(3, -1).T
        back = np.rint(volume.grid.to_index(turned.grid.to_lps(index))).astype(int)
        np.testing.assert_array_equal(turned.array.ravel(), volume.array[tuple(back.T)])


def test_the_same_study_is_written_with_the_same_bytes(tmp_path):
    volumes = {"t2": volume_of("t2"), "tof": volume_of("tof")}
    for run_name in ("a", "b"):
        write_study(volumes, generated_identity(5), "GE", 5, tmp_path / run_name)
    first, second = sorted((tmp_path / "a").iterdir()), sorted((tmp_path / "b").iterdir())
    assert [path.name for path in first] == [path.name for path in second]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True))


def test_headers_follow_the_look_of_the_image(tmp_path):
    for look, expected in (("bssfp", "ciss"), ("tse", "space")):
        written = write_study(
            {"t2": volume_of("t2")}, generated_identity(6), "siemens", 6, tmp_path / look,
            families={"t2": look},
        )  # fmt: skip
        assert [series.family for series in written] == ["localizer", expected]


def test_file_names_are_of_several_kinds(tmp_path):
    kinds = set()
    for seed in range(10):
        drawn = acquisition("t2", "ge", np.random.default_rng(seed))
        kinds.add(drawn.file_style)
    assert kinds == {"numbered", "uid", "hashed"}


def test_unknown_roles_are_refused(tmp_path):
    for volumes in ({}, {"flair": volume_of("t2")}):
        with pytest.raises(ValueError, match="a study is made of"):
            write_study(volumes, generated_identity(1), "ge", 1, tmp_path)
