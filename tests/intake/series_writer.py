"""Tiny DICOM series with any header, direction and order of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import Tag
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

Header = Mapping[str, Any]

CISS: Header = {
    "Manufacturer": "SIEMENS", "SeriesDescription": "t2_ciss3d_tra_iso", "SequenceName": "*ci3d1",
    "ScanningSequence": "SE", "SequenceVariant": "SK", "MRAcquisitionType": "3D",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"], "RepetitionTime": 6.0, "EchoTime": 2.7,
    "FlipAngle": 50.0, "EchoTrainLength": 1,
}  # fmt: skip
TOF: Header = {
    "Manufacturer": "SIEMENS", "SeriesDescription": "TOF3D", "SequenceName": "*fl3d1r_t70",
    "ScanningSequence": "GR", "SequenceVariant": ["SP", "OSP"], "MRAcquisitionType": "3D",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"], "RepetitionTime": 22.0, "EchoTime": 3.5,
    "FlipAngle": 18.0, "EchoTrainLength": 1,
}  # fmt: skip
T1C: Header = {
    "Manufacturer": "SIEMENS", "SeriesDescription": "t1_mprage_sag KM", "SequenceName": "*tfl3d1",
    "ScanningSequence": ["GR", "IR"], "SequenceVariant": ["SP", "MP"], "MRAcquisitionType": "3D",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"], "RepetitionTime": 2000.0, "EchoTime": 2.5,
    "InversionTime": 900.0, "FlipAngle": 9.0, "ContrastBolusAgent": "Gadovist",
}  # fmt: skip

DIRECTIONS = tuple(
    (tuple(a * np.eye(3)[i]), tuple(b * np.eye(3)[j]))
    for i, j in permutations(range(3), 2)
    for a, b in product((1, -1), repeat=2)
)
"""All 24 pairs of row and column direction along the patient's axes."""


@dataclass(frozen=True)
class Block:
    """A regular block of slices. spacing: along column index, row index and slice, mm (LPS)."""

    along_row: Sequence[float] = (1.0, 0.0, 0.0)
    along_column: Sequence[float] = (0.0, 1.0, 0.0)
    shape: tuple[int, int, int] = (14, 12, 24)
    spacing: tuple[float, float, float] = (0.5, 0.6, 0.9)
    origin: Sequence[float] = (-30.0, 20.0, -45.0)
    seed: int = 1

    @property
    def normal(self) -> NDArray[np.float64]:
        return np.cross(self.along_row, self.along_column)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Index (column, row, slice) to LPS mm."""
        affine = np.eye(4)
        axes = (self.along_row, self.along_column, self.normal)
        for k, (axis, spacing) in enumerate(zip(axes, self.spacing, strict=True)):
            affine[:3, k] = np.asarray(axis) * spacing
        affine[:3, 3] = self.origin
        return affine

    @property
    def array(self) -> NDArray[np.uint16]:
        """Values without any symmetry, shape (columns, rows, slices)."""
        return np.random.default_rng(self.seed).integers(0, 2000, self.shape).astype(np.uint16)


@dataclass(frozen=True)
class Identity:
    study: str = field(default_factory=generate_uid)
    name: str = "Test^Person"
    patient_id: str = "T-1"
    accession: str = ""


def write_series(
    folder: Path,
    header: Header,
    block: Block | None = None,
    *,
    identity: Identity | None = None,
    order: Sequence[int] | None = None,
    skip: Sequence[int] = (),
    names: str = "IM{:04d}",
    series: str | None = None,
    changes: Mapping[int, Header] | None = None,
) -> list[Path]:
    """Write a classic series; file k of the folder holds slice `order[k]`.

    skip: slices left out. changes: header values of single slices.
    """
    block = block or Block()
    identity = identity or Identity()
    series = series or generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, k in enumerate(order if order is not None else range(block.shape[2])):
        if k in skip:
            continue
        values = {**header, **(changes or {}).get(k, {})}
        dataset = _slice(block, k, values, identity, series)
        paths.append(folder / names.format(number))
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


def write_enhanced(
    path: Path,
    header: Header,
    block: Block,
    *,
    identity: Identity | None = None,
    order: Sequence[int] | None = None,
    indexed: bool = True,
) -> None:
    """The same block as one multi-frame object; frame k holds slice `order[k]`.

    indexed: whether the frames say their number in the stack, as the standard demands.
    """
    dataset = new_dataset(
        {k: v for k, v in header.items() if k not in _NESTED}, EnhancedMRImageStorage,
        identity or Identity(), generate_uid(),
    )  # fmt: skip
    order = list(order if order is not None else range(block.shape[2]))
    shared = Dataset()
    shared.PixelMeasuresSequence = DicomSequence([_pixel_measures(block)])
    shared.PlaneOrientationSequence = DicomSequence([Dataset()])
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = _orientation(block)
    shared.MRTimingAndRelatedParametersSequence = DicomSequence([Dataset()])
    timing = shared.MRTimingAndRelatedParametersSequence[0]
    for keyword in ("RepetitionTime", "FlipAngle", "EchoTrainLength"):
        if keyword in header:
            setattr(timing, keyword, header[keyword])
    if "EchoTime" in header:
        shared.MREchoSequence = DicomSequence([Dataset()])
        shared.MREchoSequence[0].EffectiveEchoTime = header["EchoTime"]
    dataset.SharedFunctionalGroupsSequence = DicomSequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(
        [_frame(block, int(k), indexed) for k in order]
    )
    dataset.NumberOfFrames = len(order)
    if indexed:
        dataset.DimensionIndexSequence = DicomSequence([Dataset(), Dataset()])
        for item, keyword in zip(
            dataset.DimensionIndexSequence, ("StackID", "InStackPositionNumber"), strict=True
        ):
            item.DimensionIndexPointer = Tag(keyword)
            item.FunctionalGroupPointer = Tag("FrameContentSequence")
    array = block.array
    _add_pixels(dataset, np.stack([array[:, :, k].T for k in order]))
    dataset.save_as(path, enforce_file_format=True)


_NESTED = ("RepetitionTime", "FlipAngle", "EchoTrainLength", "EchoTime", "SequenceName",
           "ScanningSequence", "SequenceVariant")  # fmt: skip


def new_dataset(header: Header, sop_class: str, identity: Identity, series: str) -> Dataset:
    """A dataset with identity and header but no pixels."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyInstanceUID = identity.study
    dataset.SeriesInstanceUID = series
    dataset.PatientName = identity.name
    dataset.PatientID = identity.patient_id
    dataset.AccessionNumber = identity.accession
    dataset.StudyDate = "20240229"
    dataset.StudyTime = "121314"
    dataset.AcquisitionTime = "121315.5"
    dataset.Modality = "MR"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = "1.2.3.4"
    for keyword, value in header.items():
        setattr(dataset, keyword, value)
    return dataset


def _slice(block: Block, k: int, header: Header, identity: Identity, series: str) -> Dataset:
    affine = block.affine
    geometry = {
        "ImageOrientationPatient": _orientation(block),
        "ImagePositionPatient": [_decimal(x) for x in affine[:3, 3] + k * affine[:3, 2]],
        "PixelSpacing": [block.spacing[1], block.spacing[0]],
        "SliceThickness": block.spacing[2],
        "SpacingBetweenSlices": 21.7,
        "InstanceNumber": k + 1,
        "SeriesNumber": 4,
    }
    dataset = new_dataset({**geometry, **header}, MRImageStorage, identity, series)
    _add_pixels(dataset, block.array[:, :, k].T)
    return dataset


def _frame(block: Block, k: int, indexed: bool) -> Dataset:
    frame = Dataset()
    if indexed:
        frame.FrameContentSequence = DicomSequence([Dataset()])
        frame.FrameContentSequence[0].StackID = "1"
        frame.FrameContentSequence[0].InStackPositionNumber = k + 1
        frame.FrameContentSequence[0].DimensionIndexValues = [1, k + 1]
    frame.PlanePositionSequence = DicomSequence([Dataset()])
    position = block.affine[:3, 3] + k * block.affine[:3, 2]
    frame.PlanePositionSequence[0].ImagePositionPatient = [_decimal(x) for x in position]
    return frame


def _pixel_measures(block: Block) -> Dataset:
    measures = Dataset()
    measures.PixelSpacing = [block.spacing[1], block.spacing[0]]
    measures.SliceThickness = block.spacing[2]
    return measures


def _orientation(block: Block) -> list[float]:
    return [_decimal(x) for x in (*block.along_row, *block.along_column)]


def _decimal(value: float) -> float:
    """As many digits as a decimal string can hold."""
    return round(float(value), 10)


def _add_pixels(dataset: Dataset, pixels: NDArray[np.uint16]) -> None:
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()
