"""One generated study, small enough to go through every real stage in a few seconds."""

from __future__ import annotations

from functools import cache

from pipeline.phantom.recipe import SideRecipe
from pipeline.phantom.study import GeneratedStudy, StudyPlan, make_study

SMALL_STUDY_SEED = 930


@cache
def small_study() -> GeneratedStudy:
    """A T2 alone: a vessel touches the left nerve; a schwannoma lies on the right."""
    left = SideRecipe("contact", "contact", 0.0, "CP", "AICA", None, None)
    right = SideRecipe("clear", "none", 2.5, "CP", "AICA", "schwannoma", None)
    return make_study(
        StudyPlan(
            SMALL_STUDY_SEED,
            "siemens",
            {"left": left, "right": right},
            ("t2",),
            slab_mm=44.0,
            slab_offset_mm=0.0,
            field_of_view_mm=120.0,
            voxel_mm=(0.7, 0.7),
        )
    )
