"""Slices in any direction and any order of files end up where the DICOM positions put them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from pipeline.convert.checked import convert_series
from pipeline.geometry.grid import Grid
from pipeline.geometry.volume import load_volume
from pipeline.settings import load_settings

from ..intake.series_writer import CISS, DIRECTIONS, Block, write_enhanced, write_series

LIMITS = load_settings().convert


def converted(links: Path, place: Path):
    work = place / "work"
    work.mkdir()
    nifti = place / "t2.nii.gz"
    convert_series(links, work, nifti, place / "t2.json", LIMITS)
    return load_volume(nifti)


def assert_every_voxel_in_place(volume, block: Block) -> None:
    """The value at the LPS place of every DICOM pixel is the pixel's value."""
    index = np.indices(block.shape).reshape(3, -1).T
    lps = Grid(block.shape, block.affine).to_lps(index)
    found = volume.grid.to_index(lps)
    nearest = np.round(found).astype(int)
    assert np.abs(found - nearest).max() < 0.05
    assert (volume.array[tuple(nearest.T)] == block.array.reshape(-1)).all()


@pytest.mark.parametrize("direction", range(24))
def test_all_directions_along_the_axes(tmp_path, direction):
    along_row, along_column = DIRECTIONS[direction]
    block = Block(along_row, along_column, shape=(8, 6, 7), seed=direction)
    order = np.random.default_rng(direction).permutation(block.shape[2])
    write_series(tmp_path / "links", CISS, block, order=order)
    assert_every_voxel_in_place(converted(tmp_path / "links", tmp_path), block)


def turned(direction: int, angles: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A direction pair turned by three angles in degrees."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.radians(angles)):
        i, j = (k for k in range(3) if k != axis)
        step = np.eye(3)
        step[i, i] = step[j, j] = np.cos(angle)
        step[i, j], step[j, i] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    along_row, along_column = DIRECTIONS[direction]
    return turn @ np.array(along_row), turn @ np.array(along_column)


angles = st.floats(-25, 25)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    direction=st.integers(0, 23),
    tilt=st.tuples(angles, angles, angles),
    order=st.permutations(range(7)),
    enhanced=st.booleans(),
)
def test_oblique_slabs_in_any_order_of_files(direction, tilt, order, enhanced):
    along_row, along_column = turned(direction, tilt)
    block = Block(along_row, along_column, shape=(9, 8, 7), spacing=(0.4, 0.7, 0.55))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        links = place / "links"
        if enhanced:
            links.mkdir()
            write_enhanced(links / "000000.dcm", CISS, block, order=order)
        else:
            write_series(links, CISS, block, order=order)
        assert_every_voxel_in_place(converted(links, place), block)


NUMBERS = {
    "scrambled": (5, 2, 7, 1, 4, 6, 3),
    "backwards": (7, 6, 5, 4, 3, 2, 1),
    "all the same": (1,) * 7,
    "missing": (None,) * 7,
}


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
def test_the_numbers_of_the_images_do_not_count(tmp_path, numbers):
    block = Block(*turned(0, (5.0, -8.0, 12.0)), shape=(9, 8, 7), spacing=(0.4, 0.7, 0.55))
    changes = {k: {"InstanceNumber": number} for k, number in enumerate(numbers)}
    write_series(tmp_path / "links", CISS, block, changes=changes, order=(3, 0, 6, 1, 5, 2, 4))
    assert_every_voxel_in_place(converted(tmp_path / "links", tmp_path), block)


@pytest.mark.parametrize("enhanced", [False, True])
def test_positions_rounded_to_hundredths(tmp_path, enhanced):
    """Some archives keep two decimals; dcm2niix's step between the first two slices is off then."""
    shape, links = (9, 8, 40), tmp_path / "links"
    block = Block(*turned(0, (5.0, -8.0, 12.0)), shape=shape, spacing=(0.4, 0.7, 0.553))
    if enhanced:
        links.mkdir()
        write_enhanced(links / "000000.dcm", CISS, block)
    else:
        write_series(links, CISS, block)
    for path in links.iterdir():
        dataset = dcmread(path)
        groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
        for place in [group.PlanePositionSequence[0] for group in groups] or [dataset]:
            place.ImagePositionPatient = [round(float(x), 2) for x in place.ImagePositionPatient]
        dataset.save_as(path)
    assert_every_voxel_in_place(converted(links, tmp_path), block)
