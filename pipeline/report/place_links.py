"""Links from what a page says to the place where it was measured.

Without a viewer the link leads to the still pictures of the place; the page's program moves the
viewer's cross there as well.
"""

from __future__ import annotations

from markupsafe import Markup

from pipeline.records.base import Point, Side
from pipeline.report.text_part import Pictured
from pipeline.report.viewer import ras_text


def contact_anchor(side: Side) -> str:
    """Name of the pictures of a side's narrowest place."""
    return f"place-{side}"


def lesion_anchor(side: Side, name: str) -> str:
    """Name of the picture of a mass or an aneurysm."""
    return f"{name}-{side}"


def picture_anchor(side: Side, finding: Pictured) -> str:
    """Name of the pictures of a finding; a root exit zone stands for a narrowest place."""
    if finding in ("tumour", "aneurysm"):
        return lesion_anchor(side, finding)
    return contact_anchor(side)


def place_link(said: Markup, anchor: str, point: Point | None) -> Markup:
    """`said` as a link to the pictures of a place; as it is where there is no place."""
    if point is None:
        return said
    element = Markup('<a class="place" href="#{}" data-place="{}">{}</a>')
    return element.format(anchor, ras_text(point), said)
