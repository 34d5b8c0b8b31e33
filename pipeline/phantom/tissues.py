"""The tissues of generated anatomy."""

from __future__ import annotations

from enum import IntEnum


class Tissue(IntEnum):
    """What a place is made of; decides its brightness in every sequence."""

    AIR = 0
    CSF = 1
    GREY_MATTER = 2
    WHITE_MATTER = 3
    NERVE = 4
    ARTERY = 5
    VEIN = 6
    BONE = 7
    FAT = 8
    MUSCLE = 9
    INNER_EAR = 10
    CHOROID = 11
    SCHWANNOMA = 12
    MENINGIOMA = 13
    EPIDERMOID = 14
    ANEURYSM = 15
    MARROW = 16
