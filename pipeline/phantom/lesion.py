"""A mass or an aneurysm of generated anatomy."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.phantom.shapes import Ellipsoid, Shape, Tube
from pipeline.phantom.tissues import Tissue
from pipeline.records.findings import VesselName


@dataclass(frozen=True, eq=False)
class Lesion:
    """kind: word for the record. bodies: what nerves and vessels must go around.

    tubes: further parts that bound it (a neck, a widened artery), for distances. parent: the
    artery of an aneurysm.
    """

    kind: str
    tissue: Tissue
    shape: Shape
    bodies: tuple[Ellipsoid, ...] = ()
    tubes: tuple[Tube, ...] = ()
    parent: VesselName | None = None
