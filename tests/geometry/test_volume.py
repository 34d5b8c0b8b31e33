"""NIfTI on disk: the patient's left stays left in every orientation."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pipeline.geometry import Grid, Volume, load_volume, save_volume

ORIENTATIONS = list(product(permutations(range(3)), product((-1.0, 1.0), repeat=3)))


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_round_trip_in_all_orientations(
    order: tuple[int, ...], signs: tuple[float, ...], tmp_path: Path
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, order] @ np.diag(np.array(signs) * [0.5, 0.6, 0.7])
    affine[:3, 3] = [3.0, -4.0, 5.0]
    array = np.zeros((6, 7, 8), dtype=np.int16)
    array[1, 2, 3] = 9
    save_volume(Volume(array, Grid(array.shape, affine)), tmp_path / "v.nii.gz")
    loaded = load_volume(tmp_path / "v.nii.gz")
    assert np.array_equal(loaded.array, array)
    assert np.allclose(loaded.grid.affine, affine, atol=1e-5)
    assert np.allclose(loaded.grid.to_lps([1, 2, 3]), affine[:3] @ [1, 2, 3, 1], atol=1e-5)


def test_left_is_minus_x_in_nifti_and_plus_x_here(tmp_path: Path) -> None:
    array = np.zeros((4, 4, 4), dtype=np.uint8)
    array[0, 0, 0] = 1
    nib.save(nib.Nifti1Image(array, np.diag([-1.0, -1.0, 1.0, 1.0])), tmp_path / "v.nii")
    volume = load_volume(tmp_path / "v.nii")
    assert volume.grid.to_lps([3, 0, 0])[0] == pytest.approx(3.0)


def test_units_and_codes_are_written(tmp_path: Path) -> None:
    volume = Volume(np.zeros((2, 2, 2), np.uint8), Grid((2, 2, 2), np.eye(4)))
    save_volume(volume, tmp_path / "v.nii.gz")
    header = nib.load(tmp_path / "v.nii.gz").header
    assert header.get_xyzt_units()[0] == "mm"
    assert int(header["qform_code"]) == int(header["sform_code"]) == 1
