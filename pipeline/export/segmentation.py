"""The DICOM SEG object: `segmentation.nii.gz` on the frames of the series it was drawn on."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from highdicom import PixelMeasuresSequence
from highdicom.seg import Segmentation
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.errors import StudyFailedError
from pipeline.export.coding import coding_schemes
from pipeline.export.equipment import NOTICE, instance_arguments
from pipeline.export.identifiers import derived_uid
from pipeline.export.patient_study import copy_patient_and_study
from pipeline.export.segments import segment_descriptions
from pipeline.export.source import ReferenceSeries
from pipeline.geometry.axismap import axis_map, largest_distance_mm
from pipeline.geometry.volume import Volume
from pipeline.records.findings import Findings

SegmentationType = Literal["BINARY", "LABELMAP"]
_SAME_GRID_MM = 0.1


class SegmentationImpossibleError(Exception):
    """The source series cannot carry a SEG object; the message says why."""


def segmentation_object(
    labels: Volume, reference: ReferenceSeries, findings: Findings, kind: SegmentationType
) -> Dataset:
    """The SEG as a draft without UIDs of its own.

    Raises SegmentationImpossibleError, and StudyFailedError where the labels lie elsewhere.
    """
    if "FrameOfReferenceUID" not in reference.datasets[0]:
        raise SegmentationImpossibleError("the source images name no frame of reference")
    made = Segmentation(
        source_images=reference.datasets,
        pixel_array=_in_stored_order(on_frames(labels, reference), reference),
        segmentation_type=kind,
        segment_descriptions=segment_descriptions(findings),
        instance_number=1,
        content_label="NVC_SEGMENTATION",
        content_description=NOTICE,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        omit_empty_frames=bool(np.any(labels.array)),
        coding_schemes=coding_schemes(),
        **instance_arguments("segmentation", "segmentation"),
    )
    made.ContentCreatorName = ""  # of type 2; nobody drew it
    copy_patient_and_study(reference.datasets[0], made)
    _state_spacing(made, reference)
    _name_dimensions(made)
    return made


def on_frames(labels: Volume, reference: ReferenceSeries) -> NDArray[np.uint8]:
    """Labels in slice order, shape (slices, rows, columns).

    StudyFailedError where the grids do not cover the same voxels.
    """
    mapping = axis_map(labels.grid, reference.grid)
    far = _SAME_GRID_MM
    if mapping is None or largest_distance_mm(labels.grid, reference.grid, mapping) > far:
        raise StudyFailedError(
            "segmentation_elsewhere", "segmentation.nii.gz does not lie on its source series"
        )
    return np.ascontiguousarray(mapping.apply(labels.array).transpose(2, 1, 0), dtype=np.uint8)


def _in_stored_order(slices: NDArray[np.uint8], reference: ReferenceSeries) -> NDArray[np.uint8]:
    """The slices as highdicom wants them: one for each source image or frame, in that order."""
    datasets = reference.datasets
    if not datasets[0].get("NumberOfFrames"):
        return slices
    if len(datasets) > 1 or int(datasets[0].NumberOfFrames) != len(slices):
        raise SegmentationImpossibleError("the source series is not one multi-frame image")
    stored = np.empty_like(slices)
    for index, source in enumerate(reference.frames):
        stored[source.frame - 1] = slices[index]
    return stored


def _state_spacing(made: Dataset, reference: ReferenceSeries) -> None:
    """Spacings as measured from the positions: what headers say about them is not believed."""
    column_mm, row_mm, slice_mm = reference.grid.voxel_mm
    for frame in made.PerFrameFunctionalGroupsSequence:
        if "PixelMeasuresSequence" in frame:
            del frame.PixelMeasuresSequence
    made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence = PixelMeasuresSequence(
        pixel_spacing=(row_mm, column_mm),
        slice_thickness=reference.stack.stack.thickness_mm or slice_mm,
        spacing_between_slices=slice_mm,
    )


def _name_dimensions(made: Dataset) -> None:
    """A UID that follows from the series, where highdicom draws a random one."""
    uid = derived_uid("dimensions", made.StudyInstanceUID, str(made.SegmentationType))
    items: list[Any] = [*made.DimensionOrganizationSequence, *made.DimensionIndexSequence]
    for item in items:
        item.DimensionOrganizationUID = uid
