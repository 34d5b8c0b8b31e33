"""The labels that leave the product (`segmentation.nii.gz`, DICOM SEG) and the networks use."""

from __future__ import annotations

from enum import IntEnum


class Label(IntEnum):
    """Numbers of the output contract."""

    OTHER = 0
    BRAINSTEM = 1
    FACIAL_NERVE_REZ = 2
    FACIAL_NERVE_CISTERNAL = 3
    VESTIBULOCOCHLEAR_NERVE = 4
    ARTERY = 5
    VEIN = 6
    TUMOUR = 7
    ANEURYSM = 8
