"""Headers as scanners write them, with their traps, and the role that each must get."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydicom import Dataset
from pydicom.uid import MRImageStorage

from pipeline.intake.classify import classify
from pipeline.intake.rules import load_rules
from pipeline.intake.signals import signals_of
from pipeline.phantom.dicom_acquisition import (
    Acquisition,
    acquisition,
    localizer_acquisition,
    scanner_of,
)

KEYWORDS = {
    "maker": "Manufacturer", "text": "SeriesDescription", "protocol": "ProtocolName",
    "name": "SequenceName", "seq": "ScanningSequence", "variant": "SequenceVariant",
    "options": "ScanOptions", "dim": "MRAcquisitionType", "type": "ImageType",
    "tr": "RepetitionTime", "te": "EchoTime", "ti": "InversionTime", "fa": "FlipAngle",
    "etl": "EchoTrainLength", "agent": "ContrastBolusAgent", "steady": "SteadyStatePulseSequence",
    "tof": "TimeOfFlightContrast", "contrast": "AcquisitionContrast", "pulse": "PulseSequenceName",
    "sop": "SOPClassUID",
}  # fmt: skip
ORIGINAL = r"ORIGINAL\PRIMARY\M\ND"


def dataset_of(values: dict[str, Any]) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = MRImageStorage
    dataset.ImageType = ORIGINAL.split("\\")
    dataset.MRAcquisitionType = "3D"
    for key, value in values.items():
        if key == "ge_sequence":
            dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x9C, "LO", value)
        elif key == "technique":
            block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
            block.add_new(0x20, "LO", value)
        else:
            text = isinstance(value, str) and "\\" in value
            setattr(dataset, KEYWORDS[key], value.split("\\") if text else value)
    return dataset


def role_of(values: dict[str, Any]) -> str:
    return classify(signals_of(dataset_of(values)), load_rules()).role


CASES = yaml.safe_load((Path(__file__).parent / "headers.yaml").read_text(encoding="utf-8"))


def header_of(case: str) -> dict[str, Any]:
    """The header of a case of the table."""
    return next(entry["header"] for entry in CASES if entry["case"] == case)


def test_the_table_covers_roles_and_vendors():
    assert len(CASES) == len({entry["case"] for entry in CASES}) >= 60
    makers = {entry["header"].get("maker", "none").split()[0] for entry in CASES}
    assert {"SIEMENS", "GE", "Philips", "CANON_MEC", "Hitachi", "UIH", "FUJIFILM"} <= makers
    counts = Counter(entry["role"] for entry in CASES)
    assert min(counts[role] for role in ("t2", "tof", "t1c", "t1", "other")) >= 8


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry["case"])
def test_role(entry):
    assert role_of(entry["header"]) == entry["role"]


def test_reasons_name_what_spoke_for_the_role_and_not_the_raw_texts():
    values = header_of("CISS tagged as spin echo") | {"text": "t2_ciss_MUSTERMANN"}
    verdict = classify(signals_of(dataset_of(values)), load_rules())
    assert verdict.reason.startswith("heavily T2-weighted 3D: Siemens CISS sequence, described as")
    assert "MUSTERMANN" not in verdict.reason


def test_ge_protocol_name_is_not_even_a_signal():
    signals = signals_of(
        dataset_of({"maker": "GE MEDICAL SYSTEMS", "text": "AX", "protocol": "CISS TOF +C"})
    )
    assert signals["words"] == "AX"


def test_contradicting_header_gets_no_role():
    values = {"tof": "YES", "steady": "FREE_PRECESSION"}
    verdict = classify(signals_of(dataset_of(values)), load_rules())
    assert verdict.role == "other"
    assert verdict.reason.startswith("the header contradicts itself")


def generated_header(drawn: Acquisition) -> dict[str, Any]:
    values = {
        "maker": drawn.scanner.manufacturer, "text": drawn.description,
        "protocol": drawn.protocol_name, "name": drawn.sequence_name,
        "seq": drawn.scanning_sequence, "variant": drawn.sequence_variant,
        "options": drawn.scan_options, "dim": drawn.acquisition_type, "type": drawn.image_type,
        "tr": drawn.tr_ms, "te": drawn.te_ms, "ti": drawn.ti_ms, "fa": drawn.flip_deg,
        "etl": drawn.echo_train, "agent": drawn.contrast_agent, "ge_sequence": drawn.ge_sequence,
        "technique": drawn.philips_technique,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value is not None}


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips"])
def test_headers_of_generated_studies(vendor):
    """Hundreds of drawn combinations of names, options, timings and contrast entries."""
    rng = np.random.default_rng(5)
    wrong = []
    for role in ("t2", "tof", "t1", "t1c") * 80:
        values = generated_header(acquisition(role, vendor, rng))
        if role_of(values) != role:
            wrong.append((role, role_of(values), values))
    for _ in range(20):
        values = generated_header(localizer_acquisition(scanner_of(vendor, rng), rng))
        if role_of(values) != "other":
            wrong.append(("other", role_of(values), values))
    assert wrong == []
