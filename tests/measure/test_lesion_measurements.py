"""Canal, enhancement, parent and kind of lesions of known shape."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry.grid import Side
from pipeline.measure.canal import Canal, in_canal_mm
from pipeline.measure.enhancement import enhancement
from pipeline.measure.lesion_measurements import aneurysm_measurement, mass_measurement
from pipeline.measure.lesions import Lesion, Midline, lesions
from pipeline.measure.openings import openings
from pipeline.measure.trunks import NO_TRUNKS, Trunks
from pipeline.records.labels import Label

from .rendering import Points, Scene, ball, straight, tube

MIDDLE = Midline(np.array([0.0, -20.0, -35.0]), np.array([1.0, 0.0, 0.0]))
COUNT = 60
CENTRE = np.array([12.0, 12.0, 12.0])


def _only(scene: Scene, label: Label, side: Side = "right") -> Lesion:
    soft = scene.soft_labels(side)
    (lesion,) = lesions(soft, soft.likeliest(), label, 1.0)  # type: ignore[arg-type]
    return lesion


def _artery(direction: list[float], radius: float) -> Scene:
    half = 11.0 * np.array(direction) / np.linalg.norm(direction)
    return Scene(COUNT).add(Label.ARTERY, tube(straight(CENTRE - half, CENTRE + half), radius))


def _trunks_along(lesion: Lesion, course: Points) -> Trunks:
    return Trunks((), lesion.soft.to_lps(course), None, NO_TRUNKS.calibres)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("depth_mm", [3.0, 7.0])
def test_extent_beyond_the_porus(side: Side, depth_mm: float) -> None:
    porus = np.array([10.0, 12.0, 12.0])
    inside = tube(straight(porus + [2.0, 0.0, 0.0], porus - [depth_mm, 0.0, 0.0]), 2.0)
    scene = Scene(COUNT).add(Label.TUMOUR, inside)
    scene.add(Label.TUMOUR, ball(porus + [4.0, 0.0, 0.0], 4.0))
    mass = _only(scene, Label.TUMOUR, side)
    canal = Canal.of_side(mass.soft.to_lps(porus), side, MIDDLE)
    assert in_canal_mm(mass, canal) == pytest.approx(depth_mm, abs=0.4)


def test_a_mass_beside_the_porus_or_before_it_is_not_in_the_canal() -> None:
    porus = np.array([10.0, 12.0, 12.0])
    before = _only(Scene(COUNT).add(Label.TUMOUR, ball(porus + [5.0, 0.0, 0.0], 4.0)), Label.TUMOUR)
    beside = _only(
        Scene(COUNT).add(Label.TUMOUR, ball(porus + [-4.0, 9.0, 0.0], 4.0)), Label.TUMOUR
    )
    for mass in (before, beside):
        canal = Canal.of_side(mass.soft.to_lps(porus), "right", MIDDLE)
        assert in_canal_mm(mass, canal) == 0.0


def test_enhancement_is_brightness_against_the_brainstem() -> None:
    scene = Scene(COUNT).add(Label.TUMOUR, ball(CENTRE, 4.0))
    scene.add(Label.BRAINSTEM, ball(CENTRE + [8.0, 0.0, 0.0], 4.0))
    mass = _only(scene, Label.TUMOUR)
    image = np.full(mass.grid.shape, 50.0, dtype=np.float32)
    image[mass.mask] = 480.0
    image[mass.soft.likeliest() == Label.BRAINSTEM] = 200.0
    measured = mass_measurement(mass, None, lambda _: image)
    assert measured.enhancement == pytest.approx(2.4)
    assert measured.in_canal_mm is None
    assert mass_measurement(mass, None, None).enhancement is None
    unseen = np.full_like(image, np.nan)
    assert enhancement(unseen, mass.mask, mass.soft.likeliest() == Label.BRAINSTEM) is None


@pytest.mark.parametrize("direction", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.3, -0.5, 1.0]])
def test_a_sac_on_a_trunk(direction: list[float]) -> None:
    along = np.array(direction) / np.linalg.norm(direction)
    outward = np.cross(along, [0.2, 0.9, -0.4])
    outward /= np.linalg.norm(outward)
    scene = _artery(direction, 1.5).add(Label.ANEURYSM, ball(CENTRE + 3.8 * outward, 2.8))
    sac = _only(scene, Label.ANEURYSM)
    (opening,) = openings(sac.soft, sac.mask)
    assert np.linalg.norm(opening.centre - (CENTRE + 1.4 * outward)) < 0.6
    measured = aneurysm_measurement(sac, None, _trunks_along(sac, straight(CENTRE, CENTRE + along)))
    assert (measured.kind, measured.parent_vessel) == ("saccular", "BA")
    assert measured.roundness == pytest.approx(0.95, abs=0.06)


def test_a_wide_stretch_of_a_trunk_is_fusiform() -> None:
    bulge = [ball(CENTRE + [0.0, 0.0, z], 2.8) for z in (-2.0, 0.0, 2.0)]
    scene = Scene(COUNT)
    for part in bulge:
        scene.add(Label.ANEURYSM, part)
    half = np.array([0.0, 0.0, 11.0])
    scene.add(Label.ARTERY, tube(straight(CENTRE - half, CENTRE + half), 1.5))
    sac = _only(scene, Label.ANEURYSM)
    assert len(openings(sac.soft, sac.mask)) == 2
    assert aneurysm_measurement(sac, None, NO_TRUNKS).kind == "fusiform"


def test_a_sac_apart_from_every_artery_has_no_parent() -> None:
    sac = _only(Scene(COUNT).add(Label.ANEURYSM, ball(CENTRE, 2.5)), Label.ANEURYSM)
    measured = aneurysm_measurement(sac, None, NO_TRUNKS)
    assert measured.parent_vessel is None
    assert measured.kind is None


def test_a_piece_of_artery_called_aneurysm_is_not_round() -> None:
    long = tube(straight(CENTRE - [7.0, 0.0, 0.0], CENTRE + [7.0, 0.0, 0.0]), 1.3)
    sac = _only(Scene(COUNT).add(Label.ANEURYSM, long), Label.ANEURYSM)
    assert aneurysm_measurement(sac, None, NO_TRUNKS).roundness < 0.45
