"""Dolichoectasia of the basilar artery by Smoker's criteria, as far as a slab shows them.

Of his three criteria (as radiopaedia has them) calibre is measured. Of the grades of laterality
only the highest has its landmark in view, the cerebellopontine angle at the facial nerve's exit
point; the margin of the clivus and the floor of the third ventricle (height) are not labelled.
"""

from __future__ import annotations

WIDE_MM = 4.5
_UNSURE_MM = 0.4
"""A calibre so near to the limit is on neither side of it: on generated calibration studies
measured calibres of the basilar artery were off by 0.26 mm on average, 0.62 mm at most."""
_IN_ANGLE = 1.0


def dolichoectasia(basilar_mm: float | None, laterality: float | None) -> bool | None:
    """Whether to flag it; None where calibre or course were not measured or are near a limit.

    basilar_mm: median calibre. laterality: 0 midline, 1 at the facial nerve's exit point.
    """
    if laterality is not None and laterality >= _IN_ANGLE:
        return True
    if basilar_mm is None:
        return None
    if basilar_mm > WIDE_MM + _UNSURE_MM:
        return True
    return False if basilar_mm < WIDE_MM - _UNSURE_MM and laterality is not None else None
