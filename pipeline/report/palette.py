"""How each structure is outlined: a colour that colour-blind readers can tell, and a dash.

Colours in the manner of Okabe and Ito (2008), light enough for dark images. Nothing rests on
colour alone: both parts of the facial nerve are yellow with different dashes, arteries are solid,
veins dashed.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records.labels import Label


@dataclass(frozen=True)
class Stroke:
    """A line style. colour: sRGB hex. width: relative. dash: drawn and left free, in mm."""

    colour: str
    width: float
    dash: tuple[float, float] | None = None


STROKES: dict[Label, Stroke] = {
    Label.BRAINSTEM: Stroke("#c8c8c8", 0.8, (0.3, 0.9)),
    Label.FACIAL_NERVE_REZ: Stroke("#f0e442", 1.3),
    Label.FACIAL_NERVE_CISTERNAL: Stroke("#f0e442", 1.1, (1.0, 0.6)),
    Label.VESTIBULOCOCHLEAR_NERVE: Stroke("#b9a6ff", 1.0, (0.3, 0.6)),
    Label.ARTERY: Stroke("#ff6f2c", 1.1),
    Label.VEIN: Stroke("#56b4e9", 1.1, (1.0, 0.6)),
    Label.TUMOUR: Stroke("#2fd6a0", 1.5),
    Label.ANEURYSM: Stroke("#ff4fa3", 1.5, (1.4, 0.5)),
}
"""One line style for each label that leaves the product."""
