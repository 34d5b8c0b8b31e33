"""The report's pictures as Secondary Capture objects, for archives that show nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from highdicom.sc import SCImage
from PIL import Image
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.export.equipment import STATEMENT, instance_arguments
from pipeline.export.patient_study import copy_patient_and_study


def key_image_object(picture: Path, number: int, study: Dataset) -> Dataset:
    """A draft without UIDs of its own. picture: PNG. number: place in the series, 1 and up."""
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))
    made = SCImage.from_ref_dataset(
        ref_dataset=study,
        pixel_array=pixels,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),  # highdicom asks for one; emptied below
        instance_number=number,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **instance_arguments("key_image", "key images"),
    )
    copy_patient_and_study(study, made)
    made["PatientOrientation"].value = ""  # a picture with captions, not an image to measure on
    made.Laterality = ""  # the brain is no paired part; the side stands in file and caption
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.ImageComments = f"{picture.stem.replace('_', ' ')}. {STATEMENT}"
    made.BurnedInAnnotation = "NO"
    made.RecognizableVisualFeatures = "NO"
    return made
