"""The DICOM slices of a series as pydicom reads them: what a conversion is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from pipeline.convert.quietly import quietly
from pipeline.convert.refused import SeriesRefused
from pipeline.geometry.frames import GEOMETRY_TAGS, Frame, frames_of
from pipeline.geometry.slices import Stack, StackProblem, stack_of


@dataclass(frozen=True)
class DicomStack:
    """files: as they are read. places: for each slice of the stack its file and frame number."""

    files: tuple[Path, ...]
    stack: Stack
    places: tuple[tuple[Path, int], ...]

    def pixels(self, slice_number: int) -> NDArray[Any]:
        """Stored values of one slice, shape (columns, rows); SeriesRefused where unreadable."""
        path, frame = self.places[slice_number]
        try:
            with quietly():
                return np.asarray(pixel_array(path, index=frame)).T
        except Exception:  # noqa: BLE001 - decoders raise anything on damaged data
            text = f"the pixels of image {slice_number + 1} cannot be read"
            raise SeriesRefused("unreadable_pixels", text) from None


def read_stack(links: Path) -> DicomStack:
    """The slices of all files in a folder; SeriesRefused where they form no regular volume."""
    files = tuple(sorted(links.iterdir())) if links.is_dir() else ()
    frames = [(path, number, frame) for path in files for number, frame in _frames(path)]
    stack = stack_of([frame for _, _, frame in frames])
    if isinstance(stack, StackProblem):
        raise SeriesRefused(stack.code, stack.message)
    places = tuple(frames[index][:2] for index in stack.order)
    return DicomStack(files, stack, places)


def _frames(path: Path) -> list[tuple[int, Frame]]:
    try:
        with quietly():
            dataset = dcmread(
                path, stop_before_pixels=True, specific_tags=list(GEOMETRY_TAGS), force=True
            )
            return list(enumerate(frames_of(dataset)))
    except OSError:
        text = "a file of the series cannot be read any more; run intake again"
        raise SeriesRefused("unreadable_pixels", text) from None
