"""A conversion that disagrees with the DICOM slices is refused, whatever it got wrong."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage

from pipeline.convert.agreement import disagreement
from pipeline.convert.dicomstack import read_stack
from pipeline.convert.refused import SeriesRefused
from pipeline.convert.runner import run_dcm2niix

from ..intake.series_writer import CISS, Block, write_series

BLOCK = Block(shape=(10, 10, 12), spacing=(0.5, 0.5, 0.8))


@pytest.fixture(scope="module")
def conversion(tmp_path_factory):
    place = tmp_path_factory.mktemp("agreement")
    write_series(place / "links", CISS, BLOCK)
    nifti = run_dcm2niix(place / "links", place / "made")
    return nib.load(nifti), read_stack(place / "links")


def code_after(conversion, tmp_path, *, affine=None, array=None) -> str | None:
    """What is said when the converted file has another affine or array."""
    image, stack = conversion
    values = np.asanyarray(image.dataobj) if array is None else array
    path = tmp_path / "changed.nii"
    nib.save(nib.Nifti1Image(values, image.affine if affine is None else affine), path)
    refused = disagreement(path, stack, 0.05)
    return refused.code if refused else None


def test_a_right_conversion_is_believed(conversion, tmp_path):
    assert code_after(conversion, tmp_path) is None


@pytest.mark.parametrize("axis", range(3))
def test_an_array_mirrored_under_the_same_affine(conversion, tmp_path, axis):
    array = np.flip(np.asanyarray(conversion[0].dataobj), axis)
    assert code_after(conversion, tmp_path, array=array) == "pixels_disagree"


@pytest.mark.parametrize("axis", range(3))
def test_an_array_mirrored_together_with_its_affine_is_the_same_image(conversion, tmp_path, axis):
    image = conversion[0]
    flip = np.eye(4)
    flip[axis, axis] = -1
    flip[axis, 3] = image.shape[axis] - 1
    array = np.flip(np.asanyarray(image.dataobj), axis)
    assert code_after(conversion, tmp_path, affine=image.affine @ flip, array=array) is None


def test_a_mirrored_affine(conversion, tmp_path):
    affine = np.diag([-1.0, 1, 1, 1]) @ conversion[0].affine
    assert code_after(conversion, tmp_path, affine=affine) == "geometry_disagrees"


def test_exchanged_axes_in_plane(conversion, tmp_path):
    array = np.asanyarray(conversion[0].dataobj).transpose(1, 0, 2)
    assert code_after(conversion, tmp_path, array=array) == "pixels_disagree"


@pytest.mark.parametrize(("shift_mm", "code"), [(0.04, None), (0.06, "geometry_disagrees")])
def test_the_origin_counts_to_the_tolerance(conversion, tmp_path, shift_mm, code):
    affine = conversion[0].affine.copy()
    affine[2, 3] += shift_mm
    assert code_after(conversion, tmp_path, affine=affine) == code


def test_a_wrong_spacing(conversion, tmp_path):
    affine = conversion[0].affine.copy()
    affine[:3, 2] *= 1.01
    assert code_after(conversion, tmp_path, affine=affine) == "geometry_disagrees"


def test_slices_of_another_order(conversion, tmp_path):
    array = np.asanyarray(conversion[0].dataobj)[:, :, np.roll(np.arange(12), 1)]
    assert code_after(conversion, tmp_path, array=array) == "pixels_disagree"


def test_a_lost_slice_and_a_fourth_dimension(conversion, tmp_path):
    array = np.asanyarray(conversion[0].dataobj)
    assert code_after(conversion, tmp_path, array=array[:, :, 1:]) == "geometry_disagrees"
    doubled = np.stack([array, array], axis=3)
    assert code_after(conversion, tmp_path, array=doubled) == "several_volumes"


def test_other_scaling_of_the_values_is_no_disagreement(conversion, tmp_path):
    array = np.asanyarray(conversion[0].dataobj).astype(np.float32) * 2.5 + 7
    assert code_after(conversion, tmp_path, array=array) is None


def test_a_tilt_is_told_by_the_positions_and_not_by_dcm2niix(tmp_path):
    """Which sees one in CT alone, and in other orders of slices, too."""
    for k, path in enumerate(write_series(tmp_path / "sheared", CISS, BLOCK)):
        dataset = dcmread(path)
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y + 0.3 * k, z]
        dataset.Modality, dataset.SOPClassUID = "CT", CTImageStorage
        dataset.save_as(path)
    with pytest.raises(SeriesRefused) as refused:
        read_stack(tmp_path / "sheared")
    assert refused.value.code == "tilted"
    with pytest.raises(SeriesRefused) as refused:
        run_dcm2niix(tmp_path / "sheared", tmp_path / "made")
    assert refused.value.code == "conversion_failed"


def test_nothing_to_convert_and_several_volumes(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeriesRefused) as refused:
        run_dcm2niix(tmp_path / "empty", tmp_path / "made")
    assert refused.value.code == "conversion_failed"
    write_series(tmp_path / "two", CISS, BLOCK, names="a{}")
    write_series(tmp_path / "two", CISS, BLOCK, names="b{}")
    with pytest.raises(SeriesRefused) as refused:
        run_dcm2niix(tmp_path / "two", tmp_path / "made_too")
    assert refused.value.code == "several_volumes"
