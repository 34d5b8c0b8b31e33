"""Written objects are read again before they are released: each segment has to be in its place.

The file is read by pydicom alone, frame by frame, without the library that wrote it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.pixels.utils import iter_pixels

from pipeline.errors import StudyFailedError
from pipeline.geometry.frames import Frame, frames_of
from pipeline.geometry.volume import Volume
from pipeline.records.export import SegmentCentroid

Places = dict[int, NDArray[np.float64]]
"""LPS mm of all voxels of each segment that has any, shape (voxels, 3)."""
_ABSENT_MM = 1e9
"""Distance of a segment that only one of two has."""


def check_segmentation(path: Path, labels: Volume, tolerance_mm: float) -> list[SegmentCentroid]:
    """Compare the centroids of the SEG file with those of the labels.

    Raises StudyFailedError where a segment is missing, too many, or further off than allowed.
    """
    found = compared(centroids(places_of_labels(labels)), centroids(read_places(path)))
    wrong = [entry for entry in found if not entry.distance_mm <= tolerance_mm]
    if wrong:
        named = "; ".join(f"segment {e.segment} by {e.distance_mm:.2f} mm" for e in wrong)
        raise StudyFailedError(
            "segmentation_misplaced",
            f"the DICOM segmentation does not lie where segmentation.nii.gz lies: {named}",
        )
    return found


def centroids(places: Places) -> Places:
    """Mean position of each segment, shape (3,)."""
    return {segment: points.mean(axis=0) for segment, points in places.items()}


def compared(expected: Places, found: Places) -> list[SegmentCentroid]:
    """Distances of all segments; one that only one of the two has is 1e9 mm far."""
    return [_distance(segment, expected, found) for segment in sorted({*expected, *found})]


def places_of_labels(labels: Volume) -> Places:
    """Voxel centres of every label but 0."""
    present = (int(value) for value in np.unique(labels.array) if value)
    return {value: labels.grid.to_lps(np.argwhere(labels.array == value)) for value in present}


def read_places(path: Path) -> Places:
    """Voxel centres of every segment of a SEG object (BINARY or LABELMAP)."""
    made = dcmread(path)
    parts: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for number, (frame, pixels) in enumerate(zip(frames_of(made), iter_pixels(made), strict=True)):
        for segment, mask in _masks(made, number, pixels).items():
            parts[segment].append(_places_in(frame, mask))
    joined = {segment: np.concatenate(points) for segment, points in parts.items()}
    return {segment: points for segment, points in joined.items() if len(points)}


def _masks(made: Dataset, number: int, pixels: NDArray[np.uint8]) -> dict[int, NDArray[np.bool_]]:
    """What a frame says about which segments, shape (rows, columns)."""
    if made.SegmentationType == "LABELMAP":
        return {int(value): pixels == value for value in np.unique(pixels) if value}
    groups = made.PerFrameFunctionalGroupsSequence[number]
    segment = int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
    return {segment: pixels > 0}


def _places_in(frame: Frame, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    along_row = np.array(frame.along_row) * frame.column_spacing_mm
    along_column = np.array(frame.along_column) * frame.row_spacing_mm
    origin = np.array(frame.position_lps)
    return np.asarray(origin + columns[:, None] * along_row + rows[:, None] * along_column)


def _distance(
    segment: int,
    expected: Mapping[int, NDArray[np.float64]],
    found: Mapping[int, NDArray[np.float64]],
) -> SegmentCentroid:
    there, here = expected.get(segment), found.get(segment)
    x, y, z = next(point for point in (there, here) if point is not None)
    apart = _ABSENT_MM if there is None or here is None else float(np.linalg.norm(there - here))
    return SegmentCentroid(
        segment=segment, centroid_lps_mm=(float(x), float(y), float(z)), distance_mm=apart
    )
