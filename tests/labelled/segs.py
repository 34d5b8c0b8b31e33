"""DICOM segmentations as another tool writes them: own order of slices and segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from pipeline.convert.quietly import quietly
from pipeline.export.segments import SEGMENTS
from pipeline.export.source import read_header
from pipeline.geometry import Grid, Volume
from pipeline.geometry.axismap import axis_map, largest_distance_mm
from pipeline.geometry.frames import frames_of
from pipeline.geometry.slices import Stack, stack_of
from pipeline.records.labels import Label

UNKNOWN = CodedConcept("4711", "99OTHER", "Something")


def write_seg(
    path: Path,
    labels: Volume,
    headers: Sequence[Dataset],
    order: Sequence[Label],
    *,
    names: Mapping[Label, str] | None = None,
    frame_of_reference: str | None = None,
) -> Path:
    """The labels in `order` as segments 1, 2, ..., on slices from the last to the first.

    names: segments that carry a name instead of a code of the contract.
    """
    stack = stack_of([frames_of(header)[0] for header in headers])
    assert isinstance(stack, Stack)
    mapping = axis_map(labels.grid, stack.grid)
    assert mapping is not None
    assert largest_distance_mm(labels.grid, stack.grid, mapping) < 0.1
    slices = mapping.apply(labels.array).transpose(2, 1, 0)
    masks = np.stack([slices == label for label in order], axis=-1)[::-1]
    sources = [headers[index] for index in reversed(stack.order)]
    if frame_of_reference is not None:
        for source in sources:
            source.FrameOfReferenceUID = frame_of_reference
    with quietly():
        made = Segmentation(
            source_images=sources,
            pixel_array=masks.astype(np.uint8),
            segmentation_type="BINARY",
            segment_descriptions=[
                _description(number, label, (names or {}).get(label))
                for number, label in enumerate(order, start=1)
            ],
            series_instance_uid=generate_uid(entropy_srcs=["other tool", str(path)]),
            series_number=77,
            sop_instance_uid=generate_uid(entropy_srcs=["other tool", path.name]),
            instance_number=1,
            manufacturer="Other",
            manufacturer_model_name="Tool",
            software_versions="1",
            device_serial_number="1",
        )
        made.save_as(path)
    return path


def headers_on(folder: Path, grid: Grid) -> list[Dataset]:
    """The files of the series below a folder that lies on a grid, without pixels."""
    series: dict[str, list[Dataset]] = {}
    for path in sorted(folder.iterdir()):
        header = read_header(path)
        series.setdefault(str(header.SeriesInstanceUID), []).append(header)
    return next(headers for headers in series.values() if _on(headers, grid))


def _on(headers: Sequence[Dataset], grid: Grid) -> bool:
    stack = stack_of([frames_of(header)[0] for header in headers])
    if not isinstance(stack, Stack):
        return False
    mapping = axis_map(grid, stack.grid)
    return mapping is not None and largest_distance_mm(grid, stack.grid, mapping) < 0.1


def _description(number: int, label: Label, name: str | None) -> SegmentDescription:
    known = SEGMENTS[label]
    return SegmentDescription(
        segment_number=number,
        segment_label=name or known.title,
        segmented_property_category=known.category,
        segmented_property_type=UNKNOWN if name else known.type,
        algorithm_type="SEMIAUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name="hand", family=Code("123109", "DCM", "Manual Processing"), version="1"
        ),
    )
