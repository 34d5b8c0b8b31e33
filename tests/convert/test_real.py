"""Conversion of real series (skipped where they are not at hand)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from pipeline import convert, intake
from pipeline.convert.checked import convert_series
from pipeline.convert.refused import SeriesRefused
from pipeline.geometry.volume import Volume, load_volume
from pipeline.paths import OutputFolder
from pipeline.records.volumes import Conversion
from pipeline.settings import load_settings

SETTINGS = load_settings()


def converted(files: list[Path], place: Path) -> Volume:
    links = place / "links"
    links.mkdir(parents=True)
    for number, path in enumerate(files):
        (links / f"{number:06d}.dcm").symlink_to(path)
    (place / "work").mkdir()
    nifti = place / "volume.nii.gz"
    convert_series(links, place / "work", nifti, place / "volume.json", SETTINGS.convert)
    return load_volume(nifti)


def test_tof_study_is_degraded_and_has_its_true_spacing(real_data, tmp_path):
    """SpacingBetweenSlices says 21.7 mm; the slices are 0.70 mm apart."""
    output = OutputFolder(tmp_path)
    (study,) = intake.run(real_data / "tof-study-siemens", output, SETTINGS).studies
    (outcome,) = convert.run(output, [study.case], SETTINGS)
    assert outcome.state == "done"
    folder = output.case(study.case)
    record = Conversion.read(folder.record("convert"))
    assert record.reference == "tof"
    assert record.degraded == ("no_t2", "no_t1c")
    volume = load_volume(folder.nifti("tof"))
    assert volume.array.shape == (272, 260, 106)
    assert volume.grid.voxel_mm == pytest.approx((0.390625, 0.390625, 0.7), abs=1e-5)
    for path in sorted((real_data / "tof-study-siemens" / "TOF3D").iterdir())[::35]:
        dataset = dcmread(path)
        i, j, k = volume.grid.to_index(np.array(dataset.ImagePositionPatient, float))
        assert np.abs(np.array([i, j, k]) - np.round([i, j, k])).max() < 0.05
        values = volume.array[:, :: -1 if round(j) else 1, round(k)].T
        assert (values == dataset.pixel_array).all()


def test_philips_mprage_is_not_assessable(real_data, tmp_path):
    output = OutputFolder(tmp_path)
    (study,) = intake.run(real_data / "philips-mprage-classic", output, SETTINGS).studies
    (outcome,) = convert.run(output, [study.case], SETTINGS)
    assert (outcome.state, outcome.code) == ("not_assessable", "no_t2_and_no_tof")
    assert outcome.message is not None
    assert outcome.message.endswith("found: 1 x T1 without contrast")


def test_philips_encodings_convert_alike(real_data, tmp_path):
    """Multi-frame and classic images of one geometry (two accelerations of one protocol)."""
    folder = real_data / "philips-enhanced" / "In" / "Philips"
    enhanced = [
        path
        for path in (folder / "401_T1W_FFE_Sno_CS2").iterdir()
        if not path.name.endswith("_Raw.dcm")
    ]
    one = converted(enhanced, tmp_path / "enhanced")
    other = converted(sorted((folder / "501_T1W_FFE_Sno_CS4").iterdir()), tmp_path / "classic")
    assert one.grid.shape == other.grid.shape == (256, 256, 24)
    np.testing.assert_allclose(one.grid.affine, other.grid.affine, atol=1e-3)
    assert np.corrcoef(one.array.ravel(), other.array.ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    "folder",
    [
        "philips-enhanced/In/Philips/401_T1W_FFE_Sno_CS2",
        "philips-enhanced/In/Philips/501_T1W_TSE_Sno_CSno_CSAI2",
        "siemens-xa30-enhanced/In/5_anat-T1w_acq-tfl",
    ],
)
def test_a_real_multi_frame_image_converts_like_its_frames(real_data, tmp_path, folder):
    """Its classic twin is made here, one object for each frame: the same voxels and places.

    Values agree up to one factor for the whole image: Philips keeps the scale in a private
    sequence, which the twin does not have.
    """
    enhanced = [path for path in sorted((real_data / folder).iterdir())
                if path.suffix == ".dcm" and "Raw" not in path.name][:1]  # fmt: skip
    one = converted(enhanced, tmp_path / "enhanced")
    other = converted(classic_twin(enhanced[0], tmp_path / "frames"), tmp_path / "classic")

    assert one.grid.shape == other.grid.shape
    np.testing.assert_allclose(
        one.grid.affine, other.grid.affine, atol=0.02
    )  # mm: positions are rounded
    factor = one.array.max() / other.array.max()
    np.testing.assert_allclose(one.array, other.array * factor, rtol=1e-5)


def classic_twin(enhanced: Path, folder: Path) -> list[Path]:
    """Each frame as an MR image of its own, written in an order that is not that of the slices."""
    source = dcmread(enhanced)
    pixels = source.pixel_array
    shared = source.SharedFunctionalGroupsSequence[0]
    folder.mkdir()
    paths = []
    for number in np.random.default_rng(3).permutation(len(pixels)):
        groups = [source.PerFrameFunctionalGroupsSequence[int(number)], shared]
        frame = Dataset()
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "Modality", "Manufacturer",
                        "PatientPosition", "FrameOfReferenceUID", "Rows", "Columns",
                        "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
                        "SamplesPerPixel", "PhotometricInterpretation"):  # fmt: skip
            frame[keyword] = source[keyword]
        for sequence in ("PlanePositionSequence", "PlaneOrientationSequence",
                         "PixelMeasuresSequence", "PixelValueTransformationSequence"):  # fmt: skip
            frame.update(next(group[sequence][0] for group in groups if sequence in group))
        frame.SOPClassUID, frame.SOPInstanceUID = MRImageStorage, generate_uid()
        frame.InstanceNumber = int(number) + 1
        frame.file_meta = FileMetaDataset()
        frame.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        frame.PixelData = pixels[number].tobytes()
        paths.append(folder / f"{number:04d}.dcm")
        frame.save_as(paths[-1], enforce_file_format=True)
    return paths


@pytest.mark.parametrize(
    ("folder", "shape"),
    [
        ("siemens-xa30-enhanced/In/5_anat-T1w_acq-tfl", {128, 96}),
        ("ge-mprage-phantom/In/05_3D_Ax_T1_MP_RAGE_R22", {256, 130}),
        ("dicom2nifti-snippets/philips_enhanced/anatomical/001", {256, 8}),
    ],
)
def test_other_scanners_pass_the_check(real_data, tmp_path, folder, shape):
    files = [path for path in (real_data / folder).iterdir() if path.suffix != ".gz"]
    assert set(converted(sorted(files), tmp_path / "x").grid.shape) == shape


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("gantrytilting/001", "tilted"),
        ("notavolume/001", "several_volumes"),
        ("sliceincrement/001", "missing_slices"),
        ("sliceorientation/001", "mixed_size"),
    ],
)
def test_series_that_form_no_volume_are_refused(real_data, tmp_path, folder, code):
    files = sorted((real_data / "dicom2nifti-snippets" / "failing" / folder).iterdir())
    with pytest.raises(SeriesRefused) as refused:
        converted(files, tmp_path / "x")
    assert refused.value.code == code
