"""Masses and aneurysms: size, and the side to which they belong."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Grid, side_crop
from pipeline.geometry.grid import Side
from pipeline.measure.lesions import Lesion, by_side, lesions, midline
from pipeline.measure.soft_labels import SoftLabels
from pipeline.records.labels import Label

from .rendering import Scene, ball

REZ = {"left": np.array([12.0, 0.0, 0.0]), "right": np.array([-12.0, 0.0, 0.0])}


def _found(scene: Scene, minimum: float = 10.0) -> list[Lesion]:
    soft = scene.soft_labels()
    return lesions(soft, soft.likeliest(), Label.TUMOUR, minimum)


def _ball_in_crop(
    side: Side, centre_lps: tuple[float, float, float], radius: float, share: int = 255
) -> Lesion:
    """What one side's crop of 48 mm shows of a ball; share: its probability, of 255."""
    grid = side_crop(REZ[side], side, 48.0, 0.8)
    places = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    mask = np.linalg.norm(places - centre_lps, axis=-1) < radius
    probabilities = np.zeros((1, 9, *grid.shape), dtype=np.uint8)
    probabilities[0, Label.TUMOUR][mask] = share
    probabilities[0, Label.OTHER][mask] = (255 - share) // 2
    probabilities[0, Label.VEIN][mask] = (255 - share) // 2
    probabilities[0, Label.OTHER][~mask] = 255
    soft = SoftLabels(probabilities, Grid(grid.shape, grid.affine))
    return lesions(soft, soft.likeliest(), Label.TUMOUR, 1.0)[0]


def test_size_of_a_ball() -> None:
    scene = Scene(40).add(Label.TUMOUR, ball(np.array([8.0, 8.0, 8.0]), 3.0))
    (lesion,) = _found(scene)
    assert lesion.volume_mm3 == pytest.approx(4 / 3 * np.pi * 27, rel=0.03)
    assert lesion.max_diameter_mm == pytest.approx(6.0, abs=0.4)
    np.testing.assert_allclose(lesion.centroid_lps, lesion.grid.to_lps([20.0] * 3), atol=0.05)
    assert 0.9 < lesion.mean_probability <= 1.0


def test_small_regions_are_left_out_and_the_largest_comes_first() -> None:
    scene = Scene(40).add(Label.TUMOUR, ball(np.array([4.0, 4.0, 4.0]), 1.0))
    scene.add(Label.TUMOUR, ball(np.array([10.0, 10.0, 10.0]), 2.0))
    assert len(_found(scene, minimum=10.0)) == 1
    both = _found(scene, minimum=1.0)
    assert [round(one.volume_mm3) for one in both] == sorted(
        (round(one.volume_mm3) for one in both), reverse=True
    )
    assert len(both) == 2
    assert _found(Scene(20)) == []


@pytest.mark.parametrize(("x", "side"), [(4.0, "left"), (-4.0, "right"), (0.6, "left")])
def test_a_lesion_near_the_midline_belongs_to_one_side_only(x: float, side: Side) -> None:
    found = {s: [_ball_in_crop(s, (x, 0.0, 0.0), 5.0)] for s in ("left", "right")}
    assert list(by_side(found, midline(REZ))) == [side]  # type: ignore[arg-type]


def test_a_lesion_seen_by_the_other_sides_crop_alone_keeps_its_own_side() -> None:
    seen = _ball_in_crop("right", (6.0, 0.0, 0.0), 3.0)
    assert list(by_side({"right": [seen]}, midline(REZ))) == ["left"]
    assert list(by_side({"right": [seen]}, None)) == ["right"]


def test_the_fuller_view_of_a_lesion_is_kept() -> None:
    whole = _ball_in_crop("left", (8.0, 0.0, 0.0), 7.0)
    cut = _ball_in_crop("right", (8.0, 0.0, 0.0), 7.0)
    assert cut.volume_mm3 < whole.volume_mm3
    assert by_side({"left": [whole], "right": [cut]}, midline(REZ)) == {"left": whole}


def test_different_lesions_stay_on_their_sides() -> None:
    left = _ball_in_crop("left", (16.0, 0.0, 0.0), 3.0)
    right = _ball_in_crop("right", (-16.0, 0.0, 0.0), 4.0)
    found = by_side({"left": [left], "right": [right]}, midline(REZ))
    assert found == {"left": left, "right": right}


def test_a_large_shadow_does_not_hide_a_smaller_sure_lesion() -> None:
    shadow = _ball_in_crop("left", (4.0, 0.0, 0.0), 4.0, share=95)
    sure = _ball_in_crop("left", (18.0, 0.0, 0.0), 3.2)
    assert shadow.volume_mm3 > 1.5 * sure.volume_mm3
    assert by_side({"left": [shadow, sure]}, midline(REZ)) == {"left": sure}
    assert by_side({"left": [shadow]}, midline(REZ)) == {"left": shadow}


def test_midline_follows_a_turned_head() -> None:
    turned = {"left": np.array([12.0, 6.0, 0.0]), "right": np.array([-12.0, -6.0, 0.0])}
    middle = midline(turned)  # type: ignore[arg-type]
    assert middle is not None
    assert middle.side_of(np.array([-1.0, 10.0, 0.0])) == "left"
    assert middle.side_of(np.array([1.0, -10.0, 0.0])) == "right"
    assert midline({"left": REZ["left"]}) is None
