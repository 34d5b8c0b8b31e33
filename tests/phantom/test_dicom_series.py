"""Volumes written as series come back the same: pixels, places, bytes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import dcm2niix
import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import UID, JPEG2000Lossless, JPEGLSLossless, MRImageStorage
from scipy.spatial.transform import Rotation

from pipeline.geometry import Grid, Volume, load_volume
from pipeline.phantom.dicom_acquisition import acquisition
from pipeline.phantom.dicom_identity import GENERATED, generated_identity
from pipeline.phantom.dicom_series import write_series
from pipeline.phantom.vendors import VENDORS

IDENTITY = generated_identity(7)
AXES = [
    np.eye(3)[:, list(order)] * signs
    for order in permutations(range(3))
    for signs in product((1.0, -1.0), repeat=3)
]
"""All 48 ways to lay three array axes along LPS: either handedness."""
TILTED = Rotation.from_rotvec([0.2, -0.1, 0.3]).as_matrix()
ROTATIONS = st.tuples(*[st.floats(-3.1, 3.1)] * 3).map(
    lambda v: Rotation.from_rotvec(v).as_matrix()
)


def volume_on(directions, voxel_mm=(0.5, 0.7, 0.9), shape=(7, 5, 4), first=(-31.2, 17.5, -44.4)):
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(voxel_mm)
    affine[:3, 3] = first
    values = np.random.default_rng(3).uniform(0.0, 900.0, shape).astype(np.float32)
    return Volume(values, Grid(shape, affine))


def protocol(vendor="siemens", role="t2", seed=0, family=None):
    return acquisition(role, vendor, np.random.default_rng(seed), family)


def read_points(paths):
    """Stored value of every voxel by its LPS place, by the formula of PS3.3 C.7.6.2.1.1."""
    places, values = [], []
    for path in paths:
        image = dcmread(path)
        row_mm, column_mm = image.PixelSpacing
        along_row = np.array(image.ImageOrientationPatient[:3], dtype=float) * column_mm
        along_column = np.array(image.ImageOrientationPatient[3:], dtype=float) * row_mm
        rows, columns = np.mgrid[0 : image.Rows, 0 : image.Columns]
        place = np.array(image.ImagePositionPatient, dtype=float)
        places.append(place + columns[..., None] * along_row + rows[..., None] * along_column)
        values.append(image.pixel_array)
    return np.array(places).reshape(-1, 3), np.array(values).ravel()


def assert_same_voxels(volume, places, values):
    """Every value read lies on a voxel of the volume, each voxel once, and is its own."""
    index = volume.grid.to_index(places)
    nearest = np.rint(index).astype(int)
    assert np.abs(index - nearest).max() < 1e-3
    assert len(np.unique(nearest, axis=0)) == volume.array.size == len(values)
    np.testing.assert_array_equal(values, np.rint(volume.array)[tuple(nearest.T)])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    directions=ROTATIONS,
    mirrored=st.booleans(),
    voxel_mm=st.tuples(*[st.floats(0.2, 3.0)] * 3),
    shape=st.tuples(*[st.integers(2, 6)] * 3),
    first=st.tuples(*[st.floats(-250.0, 250.0)] * 3),
    seed=st.integers(0, 1000),
)
def test_oblique_volumes_keep_their_place(
    tmp_path_factory, directions, mirrored, voxel_mm, shape, first, seed
):
    turned = directions * ([1, 1, -1] if mirrored else [1, 1, 1])
    volume = volume_on(turned, voxel_mm, shape, first)
    folder = tmp_path_factory.mktemp("series")
    paths = write_series(volume, protocol(seed=seed), IDENTITY, folder, 4, compression="none")
    assert_same_voxels(volume, *read_points(paths))


def test_every_direction_of_the_axes_keeps_its_place(tmp_path):
    assert len(AXES) == 48
    for number, directions in enumerate(AXES):
        volume = volume_on(directions, shape=(4, 3, 2))
        paths = write_series(
            volume, protocol(seed=number), IDENTITY, tmp_path / str(number), 1, compression="none"
        )
        assert_same_voxels(volume, *read_points(paths))


def test_array_axes_are_columns_rows_and_slices(tmp_path):
    volume = volume_on(TILTED)
    paths = write_series(volume, protocol(), IDENTITY, tmp_path, 1, scale=2.0, compression="none")
    assert len(paths) == 4
    for k, path in enumerate(paths):
        image = dcmread(path)
        assert (image.Columns, image.Rows) == (7, 5)
        assert [float(v) for v in image.PixelSpacing] == pytest.approx([0.7, 0.5])
        assert float(image.SliceThickness) == pytest.approx(0.9)
        np.testing.assert_allclose(
            image.ImageOrientationPatient, TILTED[:, :2].T.ravel(), atol=1e-9
        )
        np.testing.assert_allclose(
            image.ImagePositionPatient, volume.grid.to_lps((0, 0, k)), atol=1e-9
        )
        np.testing.assert_array_equal(image.pixel_array, np.rint(2.0 * volume.array[:, :, k].T))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("directions", [TILTED, -TILTED, AXES[17], AXES[30]])
def test_dcm2niix_finds_the_volume(tmp_path, vendor, directions):
    volume = volume_on(directions, shape=(36, 33, 12))
    compression = {"siemens": "jpeg2000", "ge": "jpegls", "philips": "none"}[vendor]
    for role, number in (("t2", 101), ("tof", 201)):
        source = tmp_path / role
        acquired = protocol(vendor, role, 5)
        if (vendor, role) == ("siemens", "tof"):
            acquired = replace(acquired, slice_spacing_mm=21.7)
        write_series(volume, acquired, IDENTITY, source, number, compression=compression)
        converted = tmp_path / f"{role}_out"
        converted.mkdir()
        command = [dcm2niix.bin, "-z", "n", "-f", "v", "-o", converted, source]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert "rror" not in done.stdout
        assert len(list(converted.glob("*.nii"))) == 1
        written = converted / "v.nii"
        stored = np.asanyarray(nib.load(written).dataobj.get_unscaled())
        every = np.indices(stored.shape).reshape(3, -1).T
        places = load_volume(written).grid.to_lps(every)
        assert_same_voxels(volume, places, stored.ravel())


@pytest.mark.parametrize("compression", ["none", "jpeg2000", "jpegls"])
def test_compression_loses_nothing(tmp_path, compression):
    volume = volume_on(TILTED, shape=(40, 33, 3))
    volume.array[0, 0, 0] = 4095.0
    paths = write_series(volume, protocol(), IDENTITY, tmp_path, 1, compression=compression)
    assert_same_voxels(volume, *read_points(paths))
    expected = {"jpeg2000": JPEG2000Lossless, "jpegls": JPEGLSLossless}.get(compression)
    syntax = dcmread(paths[0]).file_meta.TransferSyntaxUID
    assert syntax == expected if expected else not syntax.is_compressed


def test_stored_values_have_twelve_bits(tmp_path):
    volume = volume_on(TILTED)
    volume.array[0, 0, 0] = 1e6
    images = [
        dcmread(p) for p in write_series(volume, protocol(), IDENTITY, tmp_path, 1, scale=1.5)
    ]
    image = images[0]
    assert (image.BitsAllocated, image.BitsStored, image.HighBit) == (16, 12, 11)
    assert image.PixelRepresentation == 0
    assert image.pixel_array.max() == image.LargestImagePixelValue == 4095
    assert image.pixel_array[1, 0] == round(1.5 * float(volume.array[0, 1, 0]))


def test_same_seed_gives_same_bytes(tmp_path):
    volume = volume_on(TILTED, shape=(33, 34, 2))
    for vendor in VENDORS:
        for compression in ("none", "jpegls", "jpeg2000"):
            runs = [
                write_series(
                    volume, protocol(vendor), generated_identity(7), tmp_path / run, 3,
                    compression=compression,
                )
                for run in ("a", "b")
            ]  # fmt: skip
            for first, second in zip(*runs, strict=True):
                assert first.name == second.name
                assert first.read_bytes() == second.read_bytes()


def test_another_seed_gives_other_identifiers(tmp_path):
    first, second = generated_identity(1), generated_identity(2)
    assert first.study_instance_uid != second.study_instance_uid
    assert first.patient_id != second.patient_id
    assert first.uid("series", 1) != second.uid("series", 1)
    assert first.uid("series", 11) != first.uid("series", 1, 1)
    assert generated_identity(1) == first


def test_instances_are_numbered_in_either_direction(tmp_path):
    volume = volume_on(np.eye(3))
    directions = set()
    for seed in range(12):
        folder = tmp_path / str(seed)
        images = [
            dcmread(p) for p in write_series(volume, protocol(seed=seed), IDENTITY, folder, 1)
        ]
        numbers = [int(image.InstanceNumber) for image in images]
        assert sorted(numbers) == [1, 2, 3, 4]
        directions.add(tuple(numbers))
    assert directions == {(1, 2, 3, 4), (4, 3, 2, 1)}


TYPE_1 = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality",
    "FrameOfReferenceUID", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient",
    "ImageType", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored",
    "HighBit", "PixelRepresentation", "Rows", "Columns", "ScanningSequence", "SequenceVariant",
    "PixelData", "PatientPosition",
]  # fmt: skip
TYPE_2 = [
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber", "SeriesNumber",
    "PositionReferenceIndicator", "Manufacturer", "InstanceNumber", "SliceThickness",
    "ScanOptions", "MRAcquisitionType", "RepetitionTime", "EchoTime", "EchoTrainLength",
]  # fmt: skip


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("role", ["t2", "tof", "t1", "t1c"])
def test_attributes_that_the_standard_asks_for(tmp_path, vendor, role):
    volume = volume_on(TILTED, shape=(4, 4, 2))
    paths = write_series(volume, protocol(vendor, role), IDENTITY, tmp_path, 1)
    images = [dcmread(path) for path in paths]
    for image in images:
        assert image.SOPClassUID == MRImageStorage
        assert all(image.get(keyword) not in (None, "", []) for keyword in TYPE_1)
        assert all(keyword in image for keyword in TYPE_2)
        assert image.ImageType[0] in ("ORIGINAL", "DERIVED")
        assert image.file_meta.MediaStorageSOPInstanceUID == image.SOPInstanceUID
        if "IR" in image.ScanningSequence:
            assert "InversionTime" in image
        uids = [element.value for element in image if element.VR == "UI"]
        assert all(UID(uid).is_valid for uid in uids)
    assert len({image.SOPInstanceUID for image in images}) == len(images)
    assert len({image.SeriesInstanceUID for image in images}) == 1


def test_headers_say_that_they_are_generated(tmp_path):
    path = write_series(volume_on(TILTED), protocol(), generated_identity(3), tmp_path, 1)[0]
    image = dcmread(path)
    assert image.PatientName == "PHANTOM^NVC"
    assert image.PatientComments == image.ImageComments == GENERATED
    assert image.QualityControlImage == "YES"


def test_sheared_and_impossible_volumes_are_refused(tmp_path):
    sheared = np.eye(3)
    sheared[0, 2] = 0.05
    with pytest.raises(ValueError, match="right angles"):
        write_series(volume_on(sheared), protocol(), IDENTITY, tmp_path, 1)
    for value in (-1.0, np.nan):
        volume = volume_on(TILTED)
        volume.array[1, 1, 1] = value
        with pytest.raises(ValueError, match="finite and not negative"):
            write_series(volume, protocol(), IDENTITY, tmp_path, 1)
    assert not list(Path(tmp_path).iterdir())
