"""Voxels keep their place: written SEG against the source slices, whatever their direction."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import highdicom
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from pipeline.errors import StudyFailedError
from pipeline.export.readback import check_segmentation, read_places
from pipeline.export.segmentation import SegmentationType
from pipeline.export.stage import export_study
from pipeline.geometry import Volume, load_volume, save_volume
from pipeline.settings import load_settings

from ..intake.series_writer import DIRECTIONS, Block
from .exported import Small, block_along, oblique, small_study, written_segmentation

SETTINGS = load_settings()
ORDERS = [(row, column, back) for row, column in DIRECTIONS for back in (False, True)]


@pytest.mark.parametrize(("row", "column", "backwards"), ORDERS)
def test_all_axis_orders(
    tmp_path: Path, row: tuple[float, ...], column: tuple[float, ...], backwards: bool
) -> None:
    small = small_study(tmp_path, block_along(row, column), seed=3, backwards=backwards)
    written_segmentation(small)

    assert_same_voxels(small)
    assert_dcmqi_finds_the_same(small, tmp_path / "dcmqi")


@pytest.mark.parametrize("seed", range(50))
def test_random_obliques(tmp_path: Path, seed: int) -> None:
    small = small_study(tmp_path, oblique(seed), seed=seed, backwards=seed % 2 == 0)
    written_segmentation(small)

    assert_same_voxels(small)
    assert_dcmqi_finds_the_same(small, tmp_path / "dcmqi")


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("enhanced", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_either_kind_on_either_source(
    tmp_path: Path, kind: SegmentationType, enhanced: bool, backwards: bool
) -> None:
    """As the stage releases it: by our reader, by highdicom's, and by dcmqi."""
    export = SETTINGS.export.model_copy(update={"segmentation_type": kind})
    small = small_study(tmp_path, oblique(7), seed=5, backwards=backwards, enhanced=enhanced)
    export_study(small.folder, SETTINGS.model_copy(update={"export": export}))

    path = small.folder.dicom("segmentation")
    assert dcmread(path).SegmentationType == kind
    assert_same_world_labels(small, path)
    volume = highdicom.seg.segread(path).get_volume(combine_segments=True)
    for number in range(1, 9):
        index = np.argwhere(volume.array == number)
        found = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        assert_same_places(found, places_of(small, number))
    assert_dcmqi_finds_the_same(small, tmp_path / "dcmqi")


def test_a_segmentation_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(1))
    labels = load_volume(small.folder.segmentation)
    shift = np.eye(4)
    shift[0, 3] = 0.4
    save_volume(Volume(labels.array, labels.grid.moved(shift)), small.folder.segmentation)

    with pytest.raises(StudyFailedError, match="does not lie on its source series"):
        export_study(small.folder, SETTINGS)
    assert not small.folder.dicom("segmentation").exists()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_object_is_not_released(tmp_path: Path, axis: int) -> None:
    """The check must see a SEG of which every voxel lies in the volume, but mirrored."""
    small = small_study(tmp_path, oblique(4), seed=4)
    written_segmentation(small)
    labels = load_volume(small.folder.segmentation)
    mirrored = Volume(np.flip(labels.array, axis), labels.grid)

    with pytest.raises(StudyFailedError, match="segment") as caught:
        check_segmentation(small.folder.dicom("segmentation"), mirrored, 0.1)
    assert caught.value.code == "segmentation_misplaced"


def test_a_lost_segment_is_not_released(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(4), seed=4)
    written_segmentation(small)
    labels = load_volume(small.folder.segmentation)
    labels.array[0, 0, 0] = 8

    with pytest.raises(StudyFailedError, match="segment 8"):
        check_segmentation(small.folder.dicom("segmentation"), labels, 10.0)


def assert_same_voxels(small: Small) -> None:
    """By our reader, by highdicom's, and by the bits of each frame on its source image."""
    path = small.folder.dicom("segmentation")
    assert_same_world_labels(small, path)
    seg = highdicom.seg.segread(path)
    masks = seg.get_pixels_by_source_instance(
        [uid for uid, _ in source_slices(small)], combine_segments=False,
        segment_numbers=list(range(1, 9)), ignore_spatial_locations=True,
    )  # fmt: skip
    for found, (_, wanted) in zip(masks, source_slices(small), strict=True):
        for number in range(1, 9):
            np.testing.assert_array_equal(found[..., number - 1] > 0, wanted == number)
    assert_frames_agree(path, small)


def assert_dcmqi_finds_the_same(small: Small, target: Path) -> None:
    """Dcmqi writes NIfTI with an affine of its own making, in LPS turned to RAS.

    One file for each segment of a BINARY object, one file with all values of a LABELMAP. Skips
    where dcmqi is missing; what the other readers found has been held by then.
    """
    program = shutil.which("segimage2itkimage", path=Path(sys.executable).parent)
    if program is None:
        pytest.skip("dcmqi is not installed (pip install dcmqi)")
    target.mkdir()
    path = small.folder.dicom("segmentation")
    command = [program, "--inputDICOM", str(path), "--outputDirectory", str(target), "-t", "nii"]
    subprocess.run(command, check=True, capture_output=True)

    together = dcmread(path, stop_before_pixels=True).SegmentationType == "LABELMAP"
    for number in range(1, 8):
        volume = load_volume(target / f"{1 if together else number}.nii.gz")
        mask = volume.array == number if together else volume.array > 0
        assert_same_places(volume.grid.to_lps(np.argwhere(mask)), places_of(small, number))


def assert_frames_agree(path: Path, small: Small) -> None:
    """Pydicom alone: each frame's bits against the source image that it names."""
    made = dcmread(path)
    wanted = dict(source_slices(small))
    pixels = made.pixel_array
    assert len(pixels) == made.NumberOfFrames
    for bits, groups in zip(pixels, made.PerFrameFunctionalGroupsSequence, strict=True):
        number = int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        expected = wanted[source.ReferencedSOPInstanceUID] == number
        np.testing.assert_array_equal(bits > 0, expected)


def source_slices(small: Small) -> list[tuple[str, NDArray[np.uint8]]]:
    """Of each source image its UID and the labels on it (rows, columns), found by its pixels."""
    return list(_source_slices(small))


def _source_slices(small: Small) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    array = small.block.array
    links = small.folder.output.series_links(small.folder.case, 1)
    for path in sorted(links.iterdir()):
        source = dcmread(path)
        same = [k for k in range(array.shape[2]) if (source.pixel_array == array[:, :, k].T).all()]
        yield str(source.SOPInstanceUID), small.expected[:, :, same[0]].T


def assert_same_world_labels(small: Small, path: Path) -> None:
    found = read_places(path)
    for number in range(1, 9):
        assert_same_places(found.get(number, np.empty((0, 3))), places_of(small, number))


def places_of(small: Small, number: int) -> NDArray[np.float64]:
    block: Block = small.block
    index = np.argwhere(small.expected == number)
    return index @ block.affine[:3, :3].T + block.affine[:3, 3]


def assert_same_places(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    """Sets of points, to a hundredth of a millimetre."""
    assert len(found) == len(wanted)
    if len(found):
        apart = np.linalg.norm(found[:, None] - wanted[None], axis=2)
        assert apart.min(axis=1).max() < 0.01
        assert apart.min(axis=0).max() < 0.01
