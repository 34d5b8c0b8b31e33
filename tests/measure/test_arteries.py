"""Names of branches by the way back to their trunk, in trees of known course."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.measure.arteries import ArterialTree, arterial_tree
from pipeline.measure.trunks import NO_TRUNKS, trunks
from pipeline.records.base import SIDES
from pipeline.records.findings import VesselName

from .arterial_trees import ENTRY, EXITS, JUNCTION, MIDDLE, TOP, VOXEL_MM, bent, crops_of
from .rendering import Points, straight

NERVE = np.array([14.0, 18.0, -44.0])
"""Where branches pass the left facial nerve."""


def _on_basilar(share: float) -> Points:
    return JUNCTION + share * (TOP - JUNCTION)


def _tree(*branches: tuple[Points, float], known_trunks: bool = True) -> ArterialTree:
    """The left crop's arteries: trunks of both sides, and branches with their radii."""
    parts = [(straight(ENTRY[side], JUNCTION, 0.05), 1.6) for side in SIDES]
    parts.append((straight(JUNCTION, TOP, 0.05), 1.8))
    crops = crops_of([*parts, *branches])
    wide = trunks(crops, MIDDLE, EXITS) if known_trunks else NO_TRUNKS
    found = arterial_tree(crops["left"], EXITS["left"], 0.0, wide)
    assert found is not None
    return found


def _past_the_nerve(origin: Points, radius: float) -> tuple[Points, float]:
    return bent(origin, NERVE, NERVE + [6.0, 4.0, 2.0]), radius


@pytest.mark.parametrize("known_trunks", [True, False])
@pytest.mark.parametrize(
    ("origin", "radius", "name"),
    [
        (_on_basilar(0.4), 0.3, "AICA"),
        (_on_basilar(0.4), 0.5, "AICA"),
        (_on_basilar(0.95), 0.8, "SCA"),
        (0.5 * (ENTRY["left"] + JUNCTION), 0.8, "PICA"),
        (0.35 * ENTRY["left"] + 0.65 * JUNCTION, 0.6, "PICA"),
    ],
)
def test_branches_have_the_name_of_their_origin(
    origin: Points, radius: float, name: VesselName, known_trunks: bool
) -> None:
    tree = _tree(_past_the_nerve(origin, radius), known_trunks=known_trunks)
    found = tree.name_at(NERVE, 2 * radius)
    assert found.name == name
    assert found.probability is not None
    assert found.probability > 0.5


def test_a_wide_branch_low_on_the_basilar_artery_is_pica_and_a_thin_one_aica() -> None:
    low = _on_basilar(0.15)
    assert _tree(_past_the_nerve(low, 0.85)).name_at(NERVE, 1.7).name == "PICA"
    assert _tree(_past_the_nerve(low, 0.3)).name_at(NERVE, 0.6).name == "AICA"


def test_heights_count_from_the_junction_where_it_was_found() -> None:
    """A thin branch 1 mm above the junction, 12 mm below where the exit point is taken to be."""
    exit_lps = EXITS["left"] + [0.0, 0.0, 12.0]
    branch = _past_the_nerve(_on_basilar(0.04), 0.45)
    known, guessed = (
        replace(_tree(branch, known_trunks=known), exit_lps=exit_lps) for known in (True, False)
    )
    assert known.name_at(NERVE, 0.9).name == "AICA"
    assert guessed.name_at(NERVE, 0.9).name == "PICA"


@pytest.mark.parametrize("known_trunks", [True, False])
def test_trunks_are_named_by_their_place(known_trunks: bool) -> None:
    tree = _tree(known_trunks=known_trunks)
    basilar, vertebral = _on_basilar(0.6), 0.6 * ENTRY["left"] + 0.4 * JUNCTION
    assert tree.name_at(basilar, 3.6).name == "BA"
    assert tree.name_at(vertebral, 3.2).name == "VA"
    assert tree.name_at(basilar, None).name == "BA"


def test_away_from_the_trunks_only_what_is_wider_than_any_branch_is_one() -> None:
    """Beside the nerve, where no trunk was found although both vertebral arteries were."""
    tree = _tree(_past_the_nerve(_on_basilar(0.1), 0.9))
    assert tree.name_at(NERVE, 2.3).name == "PICA"
    assert tree.name_at(NERVE, 3.0).name == "VA"
    unknown = _tree(_past_the_nerve(_on_basilar(0.1), 0.9), known_trunks=False)
    assert unknown.name_at(NERVE, 2.3).name == "VA"


def test_a_branch_that_lies_on_a_trunk_is_not_taken_for_it() -> None:
    """PICA that runs along the vertebral artery: the calibre there is its own."""
    along = 0.5 * (ENTRY["left"] + JUNCTION) + [1.2, -1.9, 0.0]
    branch = np.concatenate([straight(0.7 * ENTRY["left"] + 0.3 * JUNCTION, along, 0.05)])
    assert _tree((branch, 0.7)).name_at(along, 1.4).name == "PICA"


def test_an_interrupted_branch_has_no_name() -> None:
    course, radius = _past_the_nerve(_on_basilar(0.4), 0.3)
    away = np.linalg.norm(course - 0.5 * (_on_basilar(0.4) + NERVE), axis=1)
    found = _tree((course[np.argmin(away) + 40 :], radius)).name_at(NERVE, 0.6)
    assert found.name == "unnamed"
    assert found.probability is None


def test_no_artery_near_the_point_has_no_name() -> None:
    assert _tree().name_at(NERVE, None).name == "unnamed"


def test_a_branch_that_leaves_the_crop_below_comes_from_the_vertebral_artery() -> None:
    bottom = _tree().soft.grid.to_lps([0, 0, 0])[2]
    below = np.array([12.0, 24.0, bottom - 3.0])
    assert _tree(_past_the_nerve(below, 0.5)).name_at(NERVE, 1.0).name == "PICA"


def test_a_faint_path_makes_a_name_less_sure() -> None:
    tree = _tree(_past_the_nerve(_on_basilar(0.4), 0.5))
    faint = replace(tree, share=0.4 * tree.share)
    sure, unsure = (one.name_at(NERVE, 1.0) for one in (tree, faint))
    assert sure.name == unsure.name == "AICA"
    assert unsure.probability is not None
    assert sure.probability is not None
    assert unsure.probability < 0.9 * sure.probability


def test_no_midline_no_names() -> None:
    crop = crops_of([(straight(JUNCTION, TOP, 0.05), 1.8)])["left"]
    assert arterial_tree(crop, EXITS["left"], None, NO_TRUNKS) is None
    assert crop.spacing_mm == pytest.approx(VOXEL_MM)
