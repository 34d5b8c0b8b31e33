"""What all texts of the pages have in common: a closed part, and names from closed lists."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Pictured = Literal["vessel_contact", "tumour", "aneurysm", "overview"]
Plane = Literal["axial", "oblique_along_nerve", "perpendicular_to_nerve"]
JumpName = Literal["narrowest", "exit", "porus", "tumour", "aneurysm"]
FindingName = Literal["vessel_contact", "tumour", "aneurysm"]
ImpressionSide = Literal["left", "right", "both", "midline"]
PriorityKey = Literal["none", "1", "2", "3", "4"]
LabelName = Literal[
    "BRAINSTEM",
    "FACIAL_NERVE_REZ",
    "FACIAL_NERVE_CISTERNAL",
    "VESTIBULOCOCHLEAR_NERVE",
    "ARTERY",
    "VEIN",
    "TUMOUR",
    "ANEURYSM",
]


class TextPart(BaseModel):
    """Texts that belong together: none may be missing, none unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
