"""The volumes of a study: after conversion, and after registration onto the reference."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Matrix, Record, Role

ImageRole = Literal["t2", "tof", "t1c"]
IMAGE_ROLES: tuple[ImageRole, ...] = ("t2", "tof", "t1c")


class ConvertedVolume(Record):
    """A series as NIfTI. file: relative to the output folder; voxel_mm along the array axes."""

    role: ImageRole
    series_instance_uid: str
    file: str
    shape: tuple[int, int, int]
    voxel_mm: tuple[float, float, float]


class Refusal(Record):
    """A series that has a role but cannot serve."""

    role: Role
    series_instance_uid: str
    code: str
    message: str


class Conversion(Record):
    """All volumes of a study that could be converted and cross-checked.

    reference: the role whose grid carries the assessment (t2, else tof).
    degraded: closed list of codes, see `records.findings.DEGRADED`.
    """

    case: str
    reference: ImageRole
    volumes: dict[ImageRole, ConvertedVolume]
    refused: tuple[Refusal, ...]
    degraded: tuple[str, ...]


class PreparedVolume(Record):
    """A volume with its place and its brightness relative to the others.

    reference_to_volume_lps: rigid 4x4, LPS point of the reference -> LPS point of this volume.
    residual_mm: estimated error of that registration near the brainstem; 0 for the reference.
    intensity_low, intensity_high: stored values that become 0 and 1 for the networks.
    """

    role: ImageRole
    series_instance_uid: str
    file: str
    voxel_mm: tuple[float, float, float]
    reference_to_volume_lps: Matrix
    residual_mm: float
    intensity_low: float
    intensity_high: float


class Preparation(Record):
    """The usable volumes of a study, registered onto the reference.

    reference_snr: brightness of cerebrospinal fluid over noise; None where no T2 is the reference.
    """

    case: str
    reference: ImageRole
    volumes: dict[ImageRole, PreparedVolume]
    refused: tuple[Refusal, ...]
    degraded: tuple[str, ...]
    reference_snr: float | None = None
