"""NIfTI files and sidecars without a trace of person, place or time.

dcm2niix leaves the time of acquisition in both, even when asked to anonymise.
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import nibabel as nib

from pipeline.files import atomic_path, write_text_atomically

SIDECAR_KEYS = frozenset({
    "Modality", "MagneticFieldStrength", "ImagingFrequency", "Manufacturer",
    "ManufacturersModelName", "BodyPart", "PatientPosition", "SoftwareVersions",
    "MRAcquisitionType", "ScanningSequence", "SequenceVariant", "ScanOptions",
    "PulseSequenceType", "ImageType", "NonlinearGradientCorrection",
    "SliceThickness", "EchoTime", "RepetitionTime", "InversionTime", "FlipAngle",
    "EchoTrainLength", "SpoilingState", "PartialFourier", "PercentPhaseFOV", "PercentSampling",
    "PhaseEncodingSteps", "AcquisitionMatrixPE", "ReconMatrixPE", "PixelBandwidth", "DwellTime",
    "ParallelReductionFactorInPlane", "ParallelAcquisitionTechnique", "PhaseEncodingAxis",
    "ImageOrientationPatientDICOM", "InPlanePhaseEncodingDirectionDICOM", "SAR",
    "PhilipsRescaleSlope", "PhilipsRescaleIntercept", "PhilipsScaleSlope",
    "UsePhilipsFloatNotDisplayScaling",
    "ConversionSoftware", "ConversionSoftwareVersion",
})  # fmt: skip
"""Technical entries that say nothing about a person. SpacingBetweenSlices is left out because
vendors disagree about it, free texts (descriptions, comments, and names of sequences, which some
vendors fill with the description) because people write names there."""

_FREE_TEXTS = ("descrip", "aux_file", "db_name", "intent_name", "data_type")
_HEADER_BYTES = 348


def write_neutral_sidecar(source: Path, target: Path) -> None:
    """The allowed entries of a sidecar of dcm2niix."""
    entries = json.loads(source.read_text(encoding="utf-8", errors="replace"))
    write_text_atomically(target, json.dumps(neutral_entries(entries), indent=1) + "\n")


def neutral_entries(entries: dict[str, Any]) -> dict[str, Any]:
    """Only the entries that are known to be technical."""
    return {name: value for name, value in entries.items() if name in SIDECAR_KEYS}


def write_neutral_nifti(source: Path, target: Path) -> None:
    """Compress `source` (.nii) to `target` (.nii.gz) with all free texts of its header empty.

    Voxels are copied byte for byte. The same input gives the same file: no name and no time of
    day stand in the compressed file either.
    """
    with source.open("rb") as content:
        header = nib.Nifti1Header.from_fileobj(content, check=False)
        for name in _FREE_TEXTS:
            header[name] = b""
        content.seek(_HEADER_BYTES)
        with (
            atomic_path(target) as partial,
            partial.open("wb") as raw,
            # Level 1: half the time of the default for a few per cent of size.
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as sink,
        ):
            sink.write(header.binaryblock)
            shutil.copyfileobj(content, sink, 1 << 22)
