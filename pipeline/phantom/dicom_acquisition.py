"""The scanner and the protocol of a generated series: what its header will say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np

from pipeline.phantom.vendors import (
    FamilyEntry,
    Look,
    Range,
    Vendor,
    as_vendor,
    family_named,
    vendor_entry,
)
from pipeline.records.base import Role

FileStyle = Literal["numbered", "uid", "hashed"]
_FILE_STYLES: tuple[FileStyle, ...] = ("numbered", "uid", "hashed")
_Option = TypeVar("_Option")


@dataclass(frozen=True)
class Scanner:
    """One machine. software: values of SoftwareVersions joined by backslashes.

    exam_protocol: ProtocolName of every series where the vendor names the examination (GE).
    """

    vendor: Vendor
    manufacturer: str
    model: str
    field_tesla: float
    software: str
    serial_number: str
    exam_protocol: str | None


@dataclass(frozen=True)
class Acquisition:
    """How a series was acquired, as its header tells it (units in names, degrees, milliseconds).

    Texts with several values join them by backslashes. A value of None leaves the attribute
    out, an empty text writes it empty. slice_spacing_mm: a misleading SpacingBetweenSlices;
    None writes the true one. rescale_slope, scale_slope: Philips' factors, without meaning here.
    descending: instance numbers run from the last slice to the first.
    """

    role: Role
    family: str
    look: Look
    scanner: Scanner
    description: str
    protocol_name: str
    image_type: str
    acquisition_type: Literal["2D", "3D"]
    scanning_sequence: str
    sequence_variant: str
    scan_options: str
    sequence_name: str | None
    ge_sequence: str | None
    ge_internal: str | None
    philips_technique: str | None
    tr_ms: float
    te_ms: float
    ti_ms: float | None
    flip_deg: float
    echo_train: int
    averages: int
    bandwidth_hz: float
    contrast_agent: str | None
    slice_spacing_mm: float | None
    rescale_slope: float
    scale_slope: float
    descending: bool
    file_style: FileStyle

    @property
    def vendor(self) -> Vendor:
        return self.scanner.vendor

    @property
    def field_tesla(self) -> float:
        return self.scanner.field_tesla


def scanner_of(vendor: str, rng: np.random.Generator) -> Scanner:
    """A machine of one vendor. Raises ValueError for a vendor that is not known."""
    known = as_vendor(vendor)
    entry = vendor_entry(known)
    model = _pick(rng, entry.scanners)
    return Scanner(
        vendor=known,
        manufacturer=model.manufacturer,
        model=model.model,
        field_tesla=model.field_tesla,
        software=_pick(rng, model.software),
        serial_number=str(rng.integers(10_000, 99_999)),
        exam_protocol=_pick(rng, entry.exam_protocols) if entry.exam_protocols else None,
    )


def acquisition(
    role: Role,
    vendor: str,
    rng: np.random.Generator,
    family: str | None = None,
    scanner: Scanner | None = None,
) -> Acquisition:
    """A plausible acquisition for a role, everything not given drawn from `vendors.yaml`.

    family: the vendor's own name (ciss, cube, drive, ...) or a look (bssfp, tse, vibe, ...).
    scanner: the machine, to be shared by the series of a study.
    Raises ValueError for an unknown vendor, or a family that it has not for this role.
    """
    machine = scanner or scanner_of(vendor, rng)
    name = _pick(rng, family_named(machine.vendor, role, family))
    entry = vendor_entry(machine.vendor).families[name]
    drawn = _drawn(role, name, entry, machine, rng)
    return _with_contrast(drawn, rng) if role in ("t1", "t1c") else drawn


def localizer_acquisition(scanner: Scanner, rng: np.random.Generator) -> Acquisition:
    """The quick two-dimensional images that a study begins with."""
    entry = vendor_entry(scanner.vendor).localizer
    drawn = _drawn("other", "localizer", entry, scanner, rng)
    return replace(drawn, acquisition_type="2D", slice_spacing_mm=None)


def _drawn(
    role: Role, name: str, entry: FamilyEntry, scanner: Scanner, rng: np.random.Generator
) -> Acquisition:
    vendor = vendor_entry(scanner.vendor)
    description = _pick(rng, entry.descriptions)
    place = float(rng.random())
    slabs = entry.slab_distance_as_spacing and rng.random() < 0.5
    return Acquisition(
        role=role,
        family=name,
        look=entry.look,
        scanner=scanner,
        description=description,
        protocol_name=scanner.exam_protocol or _pick(rng, vendor.protocol_prefixes) + description,
        image_type=_pick(rng, entry.image_types or vendor.image_types),
        acquisition_type="3D",
        scanning_sequence=_pick(rng, entry.scanning_sequence),
        sequence_variant=_pick(rng, entry.sequence_variant),
        scan_options=_pick(rng, entry.scan_options),
        sequence_name=_pick_any(rng, entry.sequence_names),
        ge_sequence=_pick_any(rng, entry.ge_sequences),
        ge_internal=entry.ge_internal,
        philips_technique=_pick_any(rng, entry.philips_techniques),
        tr_ms=_at(entry.tr_ms, place, 2),
        te_ms=_at(entry.te_ms, place, 2),
        ti_ms=None if entry.ti_ms is None else _at(entry.ti_ms, float(rng.random()), 0),
        flip_deg=_at(entry.flip_deg, float(rng.random()), 0),
        echo_train=int(rng.integers(entry.echo_train[0], entry.echo_train[1] + 1)),
        averages=int(rng.integers(1, 3)),
        bandwidth_hz=float(rng.integers(130, 600)),
        contrast_agent=None,
        slice_spacing_mm=round(float(rng.uniform(18.0, 30.0)), 1) if slabs else None,
        rescale_slope=round(float(rng.uniform(0.5, 20.0)), 6),
        scale_slope=float(np.float32(rng.uniform(0.0005, 0.1))),
        descending=bool(rng.random() < 0.5),
        file_style=_pick(rng, _FILE_STYLES),
    )


def _with_contrast(drawn: Acquisition, rng: np.random.Generator) -> Acquisition:
    """The agent told by the description, by the attribute, or by both; never by neither."""
    entry = vendor_entry(drawn.vendor)
    if drawn.role == "t1":
        agent = _pick(rng, (None, "", "NONE"))
        return _renamed(drawn, _pick(rng, entry.before_contrast), agent)
    told = rng.random() < 0.7
    agent = _pick(rng, entry.contrast_agents) if not told or rng.random() < 0.6 else None
    return _renamed(drawn, _pick(rng, entry.after_contrast) if told else "", agent)


def _renamed(drawn: Acquisition, suffix: str, agent: str | None) -> Acquisition:
    named_by_exam = drawn.scanner.exam_protocol is not None
    return replace(
        drawn,
        description=drawn.description + suffix,
        protocol_name=drawn.protocol_name + ("" if named_by_exam else suffix),
        contrast_agent=agent,
    )


def _pick(rng: np.random.Generator, options: Sequence[_Option]) -> _Option:
    return options[int(rng.integers(len(options)))]


def _pick_any(rng: np.random.Generator, options: Sequence[str]) -> str | None:
    return _pick(rng, options) if options else None


def _at(limits: Range, place: float, decimals: int) -> float:
    """The value at a fraction of a range."""
    return round(limits[0] + place * (limits[1] - limits[0]), decimals)
