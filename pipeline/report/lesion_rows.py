"""Mass and aneurysm of one side: flagged for review or not, never a bare percentage."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import SideFindings
from pipeline.report.numbers import filled, joined
from pipeline.report.place_links import lesion_anchor, place_link
from pipeline.report.wording import Wording

_ON_SCREEN = Markup('<span class="screen">, {}</span>')
LesionName = Literal["tumour", "aneurysm"]


def lesion_cell(side: Side, name: LesionName, found: SideFindings, wording: Wording) -> Markup:
    """The answer with its reasons, and a link to the place of what is flagged.

    Sizes are not shown: how accurate they are was never measured.
    """
    lesion = found.tumour if name == "tumour" else found.aneurysm
    answer = wording.texts.lesion.answer[lesion.answer]
    if lesion.answer == "yes" and lesion.centroid_lps_mm is not None:
        link = Markup.escape(wording.texts.lesion.shown)
        anchor = lesion_anchor(side, name)
        linked = place_link(link, anchor, lesion.centroid_lps_mm)
        return joined([answer, _ON_SCREEN.format(linked)], "")
    if lesion.answer == "cannot_say" and lesion.reasons:
        return filled(
            wording.texts.contact.because,
            answer=answer,
            reasons=wording.reasons(lesion.reasons, name),
        )
    return Markup.escape(answer)
