"""Plainer copies of a series for a second attempt: what dcm2niix cannot read, pydicom often can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset
from pydicom.sequence import Sequence as DicomSequence

from pipeline.convert.dicomstack import DicomStack
from pipeline.convert.quietly import quietly
from pipeline.convert.refused import SeriesRefused
from pipeline.geometry.slices import Stack


def write_plainer(stack: DicomStack, folder: Path) -> Path:
    """Copies in `folder` with plain pixels, numbered from first to last slice, evenly placed.

    dcm2niix takes the slice spacing from the first two slices: positions that are rounded to
    hundredths of a millimetre add up to more than the tolerance over a slab, and the frames of a
    multi-frame object have to stand in the order of their places. SeriesRefused where pixels
    cannot be decoded.
    """
    folder.mkdir()
    for number, path in enumerate(stack.files):
        slices = [k for k, (file, _) in enumerate(stack.places) if file == path]
        frames = [stack.places[k][1] for k in slices]
        try:
            _write(path, slices, frames, stack.stack, folder / path.name)
        except Exception:  # noqa: BLE001 - decoders raise anything on damaged data
            text = f"the pixels of file {number + 1} of the series cannot be decoded"
            raise SeriesRefused("unreadable_pixels", text) from None
    return folder


def _write(
    path: Path, slices: Sequence[int], frames: Sequence[int], stack: Stack, target: Path
) -> None:
    """slices: which of the stack the file holds, in their order. frames: where, within the file."""
    with quietly():
        dataset = dcmread(path)
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            dataset.decompress(generate_instance_uid=False)
        dataset.InstanceNumber = slices[0] + 1
        if "PerFrameFunctionalGroupsSequence" in dataset:
            _reorder(dataset, frames)
        for place, k in zip(_places(dataset), slices, strict=True):
            place.ImagePositionPatient = _position(stack, k).round(6).tolist()
        dataset.save_as(target)


def _places(dataset: FileDataset) -> list[Dataset]:
    """What holds the position of each slice."""
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    return [frame.PlanePositionSequence[0] for frame in frames] or [dataset]


def _position(stack: Stack, slice_number: int) -> NDArray[np.float64]:
    """Centre of the first voxel of a slice of the regular grid (LPS mm)."""
    return np.asarray(stack.grid.to_lps(np.array([[0, 0, slice_number]]))[0])


def _reorder(dataset: FileDataset, order: Sequence[int]) -> None:
    """Put the frames of a multi-frame object into another order, pixels and headers alike."""
    size = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8 * dataset.SamplesPerPixel
    pixels = np.frombuffer(dataset.PixelData, np.uint8, count=len(order) * size)
    dataset.PixelData = pixels.reshape(len(order), size)[order].tobytes()
    headers = dataset.PerFrameFunctionalGroupsSequence
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence([headers[k] for k in order])
