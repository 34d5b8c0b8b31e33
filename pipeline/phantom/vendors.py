"""What the headers of three vendors look like: the file `vendors.yaml` and how it is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from pipeline.records.base import Role

VENDORS_FILE = Path(__file__).with_name("vendors.yaml")

Vendor = Literal["siemens", "ge", "philips"]
VENDORS: tuple[Vendor, ...] = ("siemens", "ge", "philips")
Look = Literal["bssfp", "tse", "tof", "mprage", "vibe", "localizer"]
"""The image contrast that belongs to a header, named as in `phantom.appearance`."""
Range = tuple[float, float]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScannerEntry(_Entry):
    """A scanner model with the software versions that it is met with."""

    manufacturer: str
    model: str
    field_tesla: float
    software: tuple[str, ...]


class FamilyEntry(_Entry):
    """One kind of sequence. Of every list one value is drawn; values are joined by backslashes.

    sequence_names: SequenceName; [""] writes it empty, an empty list leaves it out.
    slab_distance_as_spacing: SpacingBetweenSlices may give the distance of the slabs instead.
    """

    look: Look
    roles: tuple[Role, ...]
    descriptions: tuple[str, ...]
    image_types: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...]
    sequence_variant: tuple[str, ...]
    scan_options: tuple[str, ...]
    sequence_names: tuple[str, ...]
    ge_sequences: tuple[str, ...] = ()
    ge_internal: str | None = None
    philips_techniques: tuple[str, ...] = ()
    tr_ms: Range
    te_ms: Range
    ti_ms: Range | None = None
    flip_deg: Range
    echo_train: tuple[int, int]
    slab_distance_as_spacing: bool = False


class ProjectionEntry(_Entry):
    """How projections of the angiogram are named; over the whole slab where slab_mm is absent."""

    description: str
    image_type: str
    slab_mm: float | None = None
    step_mm: float | None = None


class VendorEntry(_Entry):
    """Everything about one vendor.

    exam_protocols: names of examinations, where the vendor writes these as ProtocolName.
    Acquired series are numbered from first_series in steps; derived ones come in between.
    """

    scanners: tuple[ScannerEntry, ...]
    exam_protocols: tuple[str, ...]
    protocol_prefixes: tuple[str, ...]
    image_types: tuple[str, ...]
    before_contrast: tuple[str, ...]
    after_contrast: tuple[str, ...]
    contrast_agents: tuple[str, ...]
    first_series: int
    series_step: int
    families: dict[str, FamilyEntry]
    localizer: FamilyEntry
    projection: ProjectionEntry


class _Vendors(_Entry):
    siemens: VendorEntry
    ge: VendorEntry
    philips: VendorEntry


@cache
def _vendors() -> _Vendors:
    return _Vendors.model_validate(yaml.safe_load(VENDORS_FILE.read_text(encoding="utf-8")))


def as_vendor(name: str) -> Vendor:
    """The vendor of that name, in any case. Raises ValueError for one that is not known."""
    for vendor in VENDORS:
        if name.casefold() == vendor:
            return vendor
    raise ValueError(f"no headers for the vendor {name!r}; there are those of {VENDORS}")


def vendor_entry(vendor: Vendor) -> VendorEntry:
    """The entry of one vendor."""
    vendors = _vendors()
    return {"siemens": vendors.siemens, "ge": vendors.ge, "philips": vendors.philips}[vendor]


def families_of(vendor: Vendor, role: Role) -> tuple[str, ...]:
    """Names of the vendor's families that can play a role."""
    families = vendor_entry(vendor).families
    return tuple(name for name, entry in families.items() if role in entry.roles)


def family_named(vendor: Vendor, role: Role, name: str | None) -> tuple[str, ...]:
    """The vendor's families that `name` can mean for a role; all of them for None.

    name: a vendor's own family (ciss, cube, drive, ...) or a look (bssfp, tse, mprage, ...).
    Raises ValueError where nothing fits.
    """
    names = families_of(vendor, role)
    entries = vendor_entry(vendor).families
    fitting = tuple(n for n in names if name in (None, n) or name == entries[n].look)
    if not fitting:
        raise ValueError(f"{vendor} has no family {name!r} for the role {role}; it has {names}")
    return fitting
