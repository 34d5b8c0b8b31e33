"""Labels from a DICOM segmentation (SEG), as this program or another tool wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from highdicom.seg import Segmentation
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import SegmentationStorage

from pipeline.convert.quietly import quietly
from pipeline.export import coding
from pipeline.export.segments import SEGMENTS
from pipeline.geometry import Grid, Volume
from pipeline.labelled.drawn import Drawn, checked_labels
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.paths import case_of
from pipeline.records.labels import Label

_LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
_CLASSES = frozenset({SegmentationStorage, _LABEL_MAP_STORAGE})
_LABEL_OF_CODE = {
    (str(segment.type.value), str(segment.type.scheme_designator)): label
    for label, segment in SEGMENTS.items()
} | {
    (str(code.value), str(code.scheme_designator)): Label.ARTERY
    for code in (coding.VERTEBRAL_ARTERY, coding.BASILAR_ARTERY)
}
_LABEL_OF_NAME = {
    name.casefold(): label
    for label, segment in SEGMENTS.items()
    for name in (segment.title, label.name, label.name.replace("_", " "), str(int(label)))
}
"""What tools without codes call a segment."""


def is_seg(path: Path) -> bool:
    """Whether a file is a DICOM segmentation, by its SOP class."""
    try:
        with quietly():
            header = dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
    except (InvalidDicomError, OSError, ValueError, AttributeError):
        return False
    return header.get("SOPClassUID") in _CLASSES


def read_seg(path: Path) -> Drawn:
    """LabelsRefusedError where it cannot be read, or a segment is none of the contract's labels."""
    with quietly():
        try:
            made = Segmentation.from_dataset(_without_stated_spacing(dcmread(path)), copy=False)
            labels = _painted(made)
        except LabelsRefusedError:
            raise
        except Exception:  # noqa: BLE001  highdicom and pydicom raise errors of many kinds
            raise LabelsRefusedError(
                "it cannot be read as a regular segmentation", "export the segmentation again"
            ) from None
    frame = made.get("FrameOfReferenceUID")
    return Drawn(case_of(str(made.StudyInstanceUID)), labels, str(frame) if frame else None)


def _without_stated_spacing(made: Dataset) -> Dataset:
    """The positions of the frames tell the spacing; what headers say of it is not believed."""
    groups = [*made.SharedFunctionalGroupsSequence, *made.PerFrameFunctionalGroupsSequence]
    for measures in (one for group in groups for one in group.get("PixelMeasuresSequence", ())):
        if "SpacingBetweenSlices" in measures:
            del measures.SpacingBetweenSlices
    return made


def _painted(made: Segmentation) -> Volume:
    """All segments on one grid; where two overlap, the one with the higher label lies on top."""
    numbered = [number for number in made.segment_numbers if number]
    labels = {number: _label(made, number) for number in numbered}
    stored = made.get_volume(segment_numbers=numbered, combine_segments=False)
    array = np.zeros(stored.spatial_shape, dtype=np.uint8)
    for index, number in sorted(enumerate(numbered), key=lambda one: labels[one[1]]):
        array[np.asarray(stored.array[..., index]) >= 0.5] = labels[number]
    i, j, k = array.shape
    return checked_labels(Volume(array, Grid((i, j, k), np.asarray(stored.affine))))


def _label(made: Segmentation, number: int) -> Label:
    description = made.get_segment_description(number)
    code = description.segmented_property_type
    by_code = _LABEL_OF_CODE.get((str(code.value), str(code.scheme_designator)))
    found = by_code or _LABEL_OF_NAME.get(str(description.segment_label).strip().casefold())
    if found is None:
        raise LabelsRefusedError(
            f"its segment {number} is none of the labels, neither by code nor by name",
            "code it as docs/reference/dicom-conformance.md says, or name it as a label, such as "
            "'facial nerve cisternal'",
        )
    return found
