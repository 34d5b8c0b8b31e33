"""What the rules look at: header values as plain texts and numbers, alike for all vendors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from pipeline.geometry.frames import functional_groups, functional_value

SignalName = Literal[
    "object", "modality", "manufacturer", "image_type", "acquisition", "sequence_name",
    "ge_sequence", "philips_technique", "scanning_sequence", "sequence_variant", "scan_options",
    "steady_state", "tof_contrast", "acquisition_contrast", "description", "words",
    "contrast_agent", "body_part", "echo_train", "tr_ms", "te_ms", "ti_ms", "flip_deg",
]  # fmt: skip
Signals = Mapping[SignalName, str | float]
"""Only what the header has. Several values of one attribute are joined by a backslash."""

_GE_SEQUENCES = (Tag(0x0019, 0x109C), Tag(0x0019, 0x109E))
_PHILIPS_TECHNIQUE = Tag(0x2001, 0x1020)
_TEXTS: tuple[tuple[SignalName, str, str | None], ...] = (
    ("modality", "Modality", None),
    ("manufacturer", "Manufacturer", None),
    ("image_type", "ImageType", None),
    ("acquisition", "MRAcquisitionType", None),
    ("scanning_sequence", "ScanningSequence", None),
    ("sequence_variant", "SequenceVariant", None),
    ("scan_options", "ScanOptions", None),
    ("steady_state", "SteadyStatePulseSequence", None),
    ("tof_contrast", "TimeOfFlightContrast", None),
    ("acquisition_contrast", "AcquisitionContrast", "MRImageFrameTypeSequence"),
    ("description", "SeriesDescription", None),
    ("contrast_agent", "ContrastBolusAgent", None),
    ("body_part", "BodyPartExamined", None),
)
_NUMBERS: tuple[tuple[SignalName, str, str | None], ...] = (
    ("echo_train", "EchoTrainLength", "MRTimingAndRelatedParametersSequence"),
    ("tr_ms", "RepetitionTime", "MRTimingAndRelatedParametersSequence"),
    ("flip_deg", "FlipAngle", "MRTimingAndRelatedParametersSequence"),
    ("te_ms", "EffectiveEchoTime", "MREchoSequence"),
    ("te_ms", "EchoTime", None),
    ("ti_ms", "InversionTimes", "MRModifierSequence"),
    ("ti_ms", "InversionTime", None),
)
_OTHERS = ("SOPClassUID", "SequenceName", "PulseSequenceName", "ProtocolName",
           "ContrastBolusAgentSequence")  # fmt: skip

SIGNAL_TAGS: tuple[BaseTag, ...] = (
    *(Tag(keyword) for _, keyword, _ in (*_TEXTS, *_NUMBERS)),
    *(Tag(keyword) for keyword in _OTHERS),
    *_GE_SEQUENCES,
    _PHILIPS_TECHNIQUE,
)
"""What `signals_of` looks at beside the functional groups of multi-frame objects."""


def signals_of(dataset: Dataset) -> Signals:
    """The signals of one object; attributes of multi-frame objects are those of the first frame."""
    sources = functional_groups(dataset)[0]
    found: dict[SignalName, str | float] = {"object": _object_name(dataset)}
    for name, keyword, macro in _TEXTS:
        _keep(found, name, _text(functional_value(sources, macro, keyword)))
    for name, keyword, macro in _NUMBERS:
        _keep(found, name, _number(functional_value(sources, macro, keyword)))
    _keep(found, "sequence_name", _sequence_name(dataset))
    _keep(found, "ge_sequence", " ".join(_private(dataset, tag) for tag in _GE_SEQUENCES).strip())
    _keep(found, "philips_technique", _private(dataset, _PHILIPS_TECHNIQUE))
    _keep(found, "contrast_agent", _agent_of_sequence(dataset))
    _keep(found, "words", _words(dataset, str(found.get("manufacturer", ""))))
    return found


def _keep(
    found: dict[SignalName, str | float], name: SignalName, value: str | float | None
) -> None:
    """Note a value; the first source of a signal that says something stands."""
    if value is not None and value != "" and name not in found:
        found[name] = value


def _object_name(dataset: Dataset) -> str:
    uid = dataset.get("SOPClassUID")
    name = "" if uid is None else str(uid.name)
    known = bool(name) and not name[0].isdigit()
    return name if known else "an object of a private kind"


def _sequence_name(dataset: Dataset) -> str:
    return _text(dataset.get("SequenceName")) or _text(dataset.get("PulseSequenceName"))


def _words(dataset: Dataset, manufacturer: str) -> str:
    """Description and protocol. GE's protocol name is that of the whole examination: never read."""
    description = _text(dataset.get("SeriesDescription"))
    if manufacturer.casefold().startswith("ge"):
        return description
    return " | ".join(filter(None, (description, _text(dataset.get("ProtocolName")))))


def _agent_of_sequence(dataset: Dataset) -> str:
    agents: Sequence[Dataset] = dataset.get("ContrastBolusAgentSequence") or ()
    return _text(agents[0].get("CodeMeaning")) or "agent" if agents else ""


def _private(dataset: Dataset, tag: BaseTag) -> str:
    """A private text; bytes where the value representation was not known."""
    value = dataset[tag].value if tag in dataset else ""
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="ignore")
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    parts = value if isinstance(value, (MultiValue, list, tuple)) else [value]
    return "\\".join(str(part).strip("\x00 ") for part in parts)


def _number(value: Any) -> float | None:
    first = value[0] if isinstance(value, (MultiValue, list, tuple)) and value else value
    try:
        return float(first)
    except (TypeError, ValueError):
        return None
