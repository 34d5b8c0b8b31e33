"""Every setting of the product, read from configs/default.yaml and overridden by the user's file.

The defaults and the reason for each stand in configs/default.yaml alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent
CONFIGS = REPOSITORY / "configs"
MODELS = REPOSITORY / "models"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConvertSettings(_Section):
    max_slice_spacing_mm: float
    max_in_plane_mm: float
    min_slices: int
    max_t1c_voxel_mm: float
    affine_tolerance_mm: float


class PrepareSettings(_Section):
    refuse_residual_mm: float
    metric_sampling: float
    seed: int


class SegmentSettings(_Section):
    localiser_spacing_mm: float
    crop_size_mm: float
    crop_spacing_mm: float
    min_landmark_confidence: float
    max_side_asymmetry_mm: float
    test_time_variants: int


class MeasureSettings(_Section):
    min_mass_volume_mm3: float
    min_aneurysm_volume_mm3: float
    contact_gap_mm: float


class AssessSettings(_Section):
    prevalence_contact: float
    prevalence_tumour: float
    prevalence_aneurysm: float


class ExportSettings(_Section):
    segmentation_type: Literal["BINARY", "LABELMAP"]
    position_tolerance_mm: float


class _Encrypted(_Section):
    """tls: encrypt. authority: file with the certificates to trust; certificate, key: our own."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    tls: bool = True
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class DimsePeer(_Encrypted):
    """An archive that takes C-STORE. ae_title: what it is called."""

    protocol: Literal["dimse"]
    ae_title: str = Field(min_length=1, max_length=16)
    host: str
    port: int = Field(gt=0, lt=65536)


class WebPeer(_Encrypted):
    """An archive that takes STOW-RS. url: where its DICOMweb services begin."""

    protocol: Literal["dicomweb"]
    url: str


Peer = Annotated[DimsePeer | WebPeer, Field(discriminator="protocol")]


class SendSettings(_Section):
    """ae_title: what we call ourselves."""

    ae_title: str = Field(min_length=1, max_length=16)
    attempts: int = Field(ge=1)
    first_wait_s: float
    timeout_s: float
    peers: tuple[Peer, ...]


class Settings(_Section):
    """All settings. identify: show two identifiers and the study date in reports."""

    identify: bool
    device: Literal["auto", "cpu", "cuda"]
    threads: int
    shard_size: int
    convert: ConvertSettings
    prepare: PrepareSettings
    segment: SegmentSettings
    measure: MeasureSettings
    assess: AssessSettings
    export: ExportSettings
    send: SendSettings


def load_settings(override: Path | None = None) -> Settings:
    """The defaults, with the values of `override` (YAML, same structure) laid over them.

    Raises UsageError with the offending key when a value or name is wrong.
    """
    values = _read_yaml(CONFIGS / "default.yaml")
    if override is not None:
        values = _merged(values, _read_yaml(override))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"setting '{key}': {first['msg']} (see configs/default.yaml)") from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UsageError(f"settings file {path.name} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"settings file {path.name} is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise UsageError(f"settings file {path.name} must hold names and values")
    return values


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        inner = result.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            result[key] = _merged(inner, value)
        else:
            result[key] = value
    return result
