"""The five sample studies. Their seeds were fixed before any network was trained.

sample_dicoms/ holds what generator version 1 made of these plans; the present one makes other
anatomy of the same kinds.
"""

from __future__ import annotations

from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.study import StudyPlan
from pipeline.records.base import Side
from pipeline.records.volumes import ImageRole

_CLEAR_LEFT = SideRecipe("clear", "none", 2.6, "CP", "AICA", None, None)
_CLEAR_RIGHT = SideRecipe("clear", "none", 3.1, "RDP_TZ", "PICA", None, None)
_FIELD_MM, _SLAB_MM = 146.0, 31.0
_VOXEL_MM = (0.6, 0.8)


def sample_plans() -> dict[str, StudyPlan]:
    """Plans by folder name."""
    contact = SideRecipe("contact", "indentation", 0.0, "RDP_TZ", "AICA", None, None)
    tumour = SideRecipe("clear", "none", 2.6, "AS", "AICA", "schwannoma", None)
    aneurysm = SideRecipe("clear", "none", 2.6, "CP", "AICA", None, "saccular")
    t2_tof: tuple[ImageRole, ...] = ("t2", "tof")
    return {
        "contact_left": _plan(1, "siemens", contact, _CLEAR_RIGHT, t2_tof),
        "contact_neither": _plan(2, "ge", _CLEAR_LEFT, _CLEAR_RIGHT, t2_tof),
        "schwannoma_right": _plan(3, "philips", _CLEAR_LEFT, tumour, ("t2", "tof", "t1c")),
        "aneurysm_left": _plan(7, "siemens", aneurysm, _CLEAR_RIGHT, t2_tof),
        "slab_too_high": _plan(5, "ge", _CLEAR_LEFT, _CLEAR_RIGHT, t2_tof, slab_offset_mm=34.0),
    }


def _plan(
    seed: int,
    vendor: str,
    left: SideRecipe,
    right: SideRecipe,
    sequences: tuple[ImageRole, ...],
    slab_offset_mm: float = 0.0,
) -> StudyPlan:
    recipes: dict[Side, SideRecipe] = {"left": left, "right": right}
    return StudyPlan(
        seed, vendor, recipes, sequences, _SLAB_MM, slab_offset_mm, _FIELD_MM, _VOXEL_MM
    )
