"""Where the slices of DICOM images lie, read alike from classic and from multi-frame objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.tag import Tag

Triple = tuple[float, float, float]

GEOMETRY_TAGS = tuple(
    Tag(keyword)
    for keyword in (
        "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
        "Rows", "Columns", "NumberOfFrames",
        "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    )
)  # fmt: skip
"""What `frames_of` looks at; enough to read with `specific_tags` and without pixels."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice in patient space (LPS mm).

    position_lps: centre of the first voxel. along_row, along_column: unit vectors in which the
    column index and the row index grow. row_spacing_mm lies between rows, column_spacing_mm
    between columns (the order of DICOM's Pixel Spacing).
    """

    position_lps: Triple
    along_row: Triple
    along_column: Triple
    row_spacing_mm: float
    column_spacing_mm: float
    rows: int
    columns: int
    thickness_mm: float | None


def frames_of(dataset: Dataset) -> tuple[Frame, ...]:
    """The slices of an image object in stored order; empty where the header does not place them."""
    groups = functional_groups(dataset)
    try:
        return tuple(_frame(dataset, sources) for sources in groups)
    except (AttributeError, IndexError, TypeError, ValueError):
        return ()


def position_of(dataset: Dataset) -> Triple | None:
    """ImagePositionPatient of a single slice (LPS mm), None where the header does not say it."""
    try:
        return _triple(dataset.ImagePositionPatient)
    except (AttributeError, TypeError, ValueError):
        return None


def functional_groups(dataset: Dataset) -> list[tuple[Dataset, ...]]:
    """For each frame, where its attributes may stand: own groups, shared groups, top level."""
    shared = tuple(dataset.get("SharedFunctionalGroupsSequence") or ())
    frames = tuple(dataset.get("PerFrameFunctionalGroupsSequence") or ())
    if not frames:
        return [(dataset,)]
    return [(frame, *shared, dataset) for frame in frames]


def functional_value(sources: Sequence[Dataset], macro: str | None, keyword: str) -> Any:
    """The value of `keyword` in the first source that has it, inside `macro` or at top level."""
    for source in sources:
        nested = source.get(macro) if macro else None
        for holder in (*(nested or ()), source):
            value = holder.get(keyword)
            if value is not None and value != "":
                return value
    return None


def _frame(dataset: Dataset, sources: Sequence[Dataset]) -> Frame:
    position = functional_value(sources, "PlanePositionSequence", "ImagePositionPatient")
    orientation = functional_value(sources, "PlaneOrientationSequence", "ImageOrientationPatient")
    spacing = functional_value(sources, "PixelMeasuresSequence", "PixelSpacing")
    thickness = functional_value(sources, "PixelMeasuresSequence", "SliceThickness")
    return Frame(
        position_lps=_triple(position),
        along_row=_triple(orientation[:3]),
        along_column=_triple(orientation[3:6]),
        row_spacing_mm=float(spacing[0]),
        column_spacing_mm=float(spacing[1]),
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        thickness_mm=None if thickness is None else float(thickness),
    )


def _triple(values: Sequence[Any]) -> Triple:
    x, y, z = (float(value) for value in values)
    return (x, y, z)
