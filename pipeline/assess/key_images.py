"""Which pictures a reader needs to check the findings; the report draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pipeline.records.base import SIDES, Point, Side
from pipeline.records.findings import Aneurysm, KeyImage, SideFindings, Tumour

Plane = Literal["axial", "oblique_along_nerve"]
Pictured = Literal["vessel_contact", "tumour", "aneurysm", "overview"]
_FILE_WORD: dict[Pictured, str] = {
    "vessel_contact": "contact",
    "tumour": "tumour",
    "aneurysm": "aneurysm",
    "overview": "overview",
}


def key_images(sides: Mapping[Side, SideFindings]) -> tuple[KeyImage, ...]:
    """Of each side two planes through the narrowest place, and one through each lesion.

    What was outlined and then answered "no" gets none. A side whose nerve was not measured is
    shown at its root exit zone.
    """
    return tuple(image for side in SIDES for image in _of_side(side, sides[side]))


def _of_side(side: Side, found: SideFindings) -> list[KeyImage]:
    images = []
    contact = found.vessel_contact.point_lps_mm
    if contact is not None:
        images.append(_image(side, "vessel_contact", "axial", contact))
        images.append(_image(side, "vessel_contact", "oblique_along_nerve", contact))
    elif found.rez_lps_mm is not None:
        images.append(_image(side, "overview", "axial", found.rez_lps_mm))
    lesions: tuple[tuple[Pictured, Tumour | Aneurysm], ...] = (
        ("tumour", found.tumour),
        ("aneurysm", found.aneurysm),
    )
    for name, lesion in lesions:
        if lesion.centroid_lps_mm is not None and lesion.answer != "no":
            images.append(_image(side, name, "axial", lesion.centroid_lps_mm))
    return images


def _image(side: Side, finding: Pictured, plane: Plane, point: Point) -> KeyImage:
    name = f"{side}_{_FILE_WORD[finding]}_{plane}"
    return KeyImage(
        file=f"key_images/{name}.png", finding=finding, side=side, point_lps_mm=point, plane=plane
    )
