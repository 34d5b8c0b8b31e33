"""Labels that a person drew, wherever they came from, and whether they can lie on a study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.geometry.axismap import axis_map, largest_distance_mm
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.records.labels import Label

NERVE = (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL)
MAX_VOXEL_MM = 1.0
"""Coarser labels cannot show a nerve of 1 mm, nor its distance from a vessel."""
_SAME_PLACE_MM = 0.1
_MIN_INSIDE = 0.95
"""Share of the labelled voxels that must lie in the study's images."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """case: of the study they belong to. labels: uint8 of `Label` on any grid, LPS.

    frame_of_reference: DICOM's FrameOfReferenceUID, None where the file has no place for it.
    """

    case: str
    labels: Volume
    frame_of_reference: str | None = None


def checked_labels(volume: Volume) -> Volume:
    """The volume as uint8; LabelsRefusedError where it is no image of the contract's labels."""
    array = np.asarray(volume.array)
    if array.ndim != 3:
        raise LabelsRefusedError(
            f"it has {array.ndim} dimensions", "save one label image with three dimensions"
        )
    if not np.isin(array, [int(label) for label in Label]).all():
        raise LabelsRefusedError(
            f"it holds other numbers than the labels 0 to {max(Label)}",
            "number the structures as docs/reference/outputs.md says",
        )
    if not np.isin(array, NERVE).any():
        raise LabelsRefusedError(
            "it has no facial nerve", "outline labels 2 and 3, or give verdicts in a table instead"
        )
    if max(volume.grid.voxel_mm) > MAX_VOXEL_MM:
        raise LabelsRefusedError(
            f"its voxels are {max(volume.grid.voxel_mm):.2f} mm wide",
            f"draw on images with voxels of at most {MAX_VOXEL_MM:.1f} mm",
        )
    return Volume(array.astype(np.uint8), volume.grid)


def check_placing(drawn: Drawn, own: Volume, frame_of_reference: str | None) -> None:
    """Whether the labels lie in the study, whose own answer is `own` on the reference grid.

    frame_of_reference: of the study's reference series, None where it is not known.
    LabelsRefusedError where the frames differ, the labels lie elsewhere, or nobody drew them.
    """
    known = drawn.frame_of_reference is not None and frame_of_reference is not None
    if known and drawn.frame_of_reference != frame_of_reference:
        raise LabelsRefusedError(
            "it was drawn in another frame of reference than the study's reference images",
            "draw on the T2 (without one, on the angiogram), or carry the labels over to it",
        )
    inside = _share_inside(drawn.labels, own.grid)
    if inside < _MIN_INSIDE:
        raise LabelsRefusedError(
            f"only {100 * inside:.0f} % of its labelled voxels lie in the reference images",
            "check that the file belongs to this study and that its affine was kept",
        )
    if _is_own_answer(drawn.labels, own):
        raise LabelsRefusedError(
            "it is the program's own answer, unchanged", "a person has to outline the structures"
        )


def _share_inside(labels: Volume, reference: Grid) -> float:
    places = labels.grid.to_lps(np.argwhere(labels.array > 0))
    return float(reference.contains(places).mean())


def _is_own_answer(labels: Volume, own: Volume) -> bool:
    mapping = axis_map(labels.grid, own.grid)
    if mapping is not None and largest_distance_mm(labels.grid, own.grid, mapping) < _SAME_PLACE_MM:
        there: NDArray[np.uint8] = mapping.apply(labels.array)
    else:
        there = resample(labels, own.grid, order=0).array
    return bool(np.array_equal(there, own.array))
