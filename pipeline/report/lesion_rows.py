"""Mass and aneurysm of one side: flagged for review or not, never a bare percentage."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import Aneurysm, SideFindings, Tumour
from pipeline.report.numbers import cubic_millimetres, filled, joined, shown, shown_mm
from pipeline.report.wording import Wording

LesionName = Literal["tumour", "aneurysm"]


def lesion_cell(side: Side, name: LesionName, found: SideFindings, wording: Wording) -> Markup:
    """The answer with its reasons, and the size of what is flagged."""
    lesion = found.tumour if name == "tumour" else found.aneurysm
    parts: list[str] = [wording.texts.lesion.answer[lesion.answer]]
    if lesion.answer == "yes":
        parts += _size(side, name, lesion, wording)
    if lesion.answer == "cannot_say" and lesion.reasons:
        return filled(
            wording.texts.contact.because,
            answer=parts[0],
            reasons=wording.reasons(lesion.reasons, name),
        )
    return joined(parts)


def _size(
    side: Side, name: LesionName, lesion: Tumour | Aneurysm, wording: Wording
) -> list[Markup]:
    if lesion.max_diameter_mm is None:
        return []
    source, texts = f"sides.{side}.{name}", wording.texts.lesion
    diameter = shown_mm(lesion.max_diameter_mm, f"{source}.max_diameter_mm")
    volume = lesion.volume_mm3 if isinstance(lesion, Tumour) else None
    if volume is None:
        return [filled(texts.size, diameter=diameter)]
    text = shown(cubic_millimetres(volume), volume, f"{source}.volume_mm3")
    return [filled(texts.size_and_volume, diameter=diameter, volume=text)]
