"""Labels from a NIfTI file, named by the study: <StudyInstanceUID>.nii.gz or <case>.nii.gz."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.geometry import load_volume, placed_in_scanner
from pipeline.labelled.drawn import Drawn, checked_labels
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.paths import case_of

_CASE = re.compile(r"[0-9a-f]{12}")
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")


def is_nifti(path: Path) -> bool:
    """By its name."""
    return path.name.endswith((".nii", ".nii.gz"))


def read_nifti(path: Path) -> Drawn:
    """LabelsRefusedError where it names no study, says no place, or holds no labels."""
    case = named_case(path.name.removesuffix(".gz").removesuffix(".nii"))
    if case is None:
        raise LabelsRefusedError(
            "its name is neither a StudyInstanceUID nor a case",
            "a NIfTI file does not say whose it is: name it <StudyInstanceUID>.nii.gz",
        )
    try:
        placed, volume = placed_in_scanner(path), load_volume(path)
    except Exception:  # noqa: BLE001  nibabel and zlib raise errors of many kinds for broken files
        raise LabelsRefusedError("it cannot be read", "save it as NIfTI again") from None
    if not placed:
        raise LabelsRefusedError(
            "its header does not say where the voxels lie (qform and sform code 0)",
            "save it with the affine of the images that it was drawn on",
        )
    return Drawn(case, checked_labels(volume))


def named_case(name: str) -> str | None:
    """The case that a StudyInstanceUID or a case stands for; None where it is neither."""
    if _UID.fullmatch(name):
        return case_of(name)
    return name if _CASE.fullmatch(name) else None
