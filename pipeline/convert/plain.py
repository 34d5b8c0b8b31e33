"""Plainer copies of a series for a second attempt: what dcm2niix cannot read, pydicom often can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.sequence import Sequence as DicomSequence

from pipeline.convert.dicomstack import DicomStack
from pipeline.convert.quietly import quietly
from pipeline.convert.refused import SeriesRefused


def can_be_plainer(stack: DicomStack) -> bool:
    """Whether the pixels are compressed, or several slices stand in one file in some order."""
    with quietly():
        first = dcmread(stack.files[0], stop_before_pixels=True, specific_tags=[], force=True)
    syntax = first.file_meta.get("TransferSyntaxUID")
    compressed = syntax is not None and bool(syntax.is_encapsulated)
    return compressed or len(stack.places) > len(stack.files)


def write_plainer(stack: DicomStack, folder: Path) -> Path:
    """Copies in `folder` with plain pixels, frames from first to last slice.

    dcm2niix takes the slice spacing of a multi-frame object from frames in stored order, which
    is wrong where they are not stored in the order of their places. SeriesRefused where pixels
    cannot be decoded.
    """
    folder.mkdir()
    for number, path in enumerate(stack.files):
        order = [frame for file, frame in stack.places if file == path]
        try:
            _write(path, order, folder / path.name)
        except Exception:  # noqa: BLE001 - decoders raise anything on damaged data
            text = f"the pixels of file {number + 1} of the series cannot be decoded"
            raise SeriesRefused("unreadable_pixels", text) from None
    return folder


def _write(path: Path, order: list[int], target: Path) -> None:
    with quietly():
        dataset = dcmread(path)
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            dataset.decompress(generate_instance_uid=False)
        if len(order) > 1:
            _reorder(dataset, order)
        dataset.save_as(target)


def _reorder(dataset: FileDataset, order: list[int]) -> None:
    """Put the frames of a multi-frame object into another order, pixels and headers alike."""
    size = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8 * dataset.SamplesPerPixel
    pixels = np.frombuffer(dataset.PixelData, np.uint8, count=len(order) * size)
    dataset.PixelData = pixels.reshape(len(order), size)[order].tobytes()
    headers = dataset.PerFrameFunctionalGroupsSequence
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence([headers[k] for k in order])
