"""Who made an object, and what it is not meant for: the same words in every object."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset

from pipeline import __version__
from pipeline.export.identifiers import DRAFT
from pipeline.records.findings import Findings

MANUFACTURER = "nvc-triage"
MODEL = "nvc-triage"
NOTICE = "Research use, not for primary diagnosis"
"""At most 64 characters with a title before it (VR LO)."""
STATEMENT = (
    "Research software for review by a surgeon or radiologist; not a medical device; not for "
    "primary diagnosis."
)
SERIES_NUMBER = {"segmentation": 9701, "measurements": 9702, "report": 9703, "key_image": 9704}
"""High, so that they follow the scanner's own series."""


def series_description(title: str) -> str:
    """The title with the notice behind it."""
    return f"NVC {title} - {NOTICE}"


def algorithm_version(findings: Findings) -> str:
    """Program and models with the first 12 digits of their checksums."""
    models = (f"{model.name} {model.version} {model.sha256[:12]}" for model in findings.models)
    return "; ".join((__version__, *models))


def instance_arguments(kind: str, title: str) -> dict[str, Any]:
    """The arguments by which highdicom names series, instance and equipment."""
    return {
        "series_instance_uid": DRAFT,
        "sop_instance_uid": DRAFT,
        "series_number": SERIES_NUMBER[kind],
        "series_description": series_description(title),
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL,
        "software_versions": __version__,
        # A program has no serial number; its version is what tells one installation from another.
        "device_serial_number": __version__,
        # Copied with the patient's name: highdicom takes no empty first value (ISO 2022 IR 87).
        "specific_character_set": None,
    }


def describe_equipment(target: Dataset, kind: str, title: str) -> None:
    """General series and equipment of an object that highdicom does not build."""
    values = instance_arguments(kind, title)
    target.SeriesInstanceUID = values["series_instance_uid"]
    target.SOPInstanceUID = values["sop_instance_uid"]
    target.SeriesNumber = values["series_number"]
    target.SeriesDescription = values["series_description"]
    target.Manufacturer = values["manufacturer"]
    target.ManufacturerModelName = values["manufacturer_model_name"]
    target.SoftwareVersions = values["software_versions"]
    target.DeviceSerialNumber = values["device_serial_number"]
