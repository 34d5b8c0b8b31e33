"""Generated subjects: sides, landmarks, chosen gaps, and their truth."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import Grid
from pipeline.phantom.curves import arc_length, distance_between, tangents
from pipeline.phantom.manifest import FIRST_SEED, plans
from pipeline.phantom.priors import anatomy_priors
from pipeline.phantom.recipe import SideRecipe, random_side, side_of_stratum
from pipeline.phantom.render import paint
from pipeline.phantom.samples import sample_plans
from pipeline.phantom.shapes import Ellipsoid, Tube
from pipeline.phantom.study import make_truth
from pipeline.phantom.subject import SIGN, Subject, make_subject
from pipeline.records.base import SIDES, Side
from pipeline.records.labels import Label

CONTACT = SideRecipe("contact", "deviation", 0.0, "CP", "AICA", None, None)
NEAR = SideRecipe("near", "near", 0.6, "AS", "PICA", None, None)
RECIPES: dict[Side, SideRecipe] = {"left": CONTACT, "right": NEAR}


@pytest.fixture(scope="module")
def subject() -> Subject:
    return make_subject(77, RECIPES)


def test_left_is_plus_x(subject: Subject) -> None:
    for side in SIDES:
        nerve = subject.sides[side].nerve
        assert (np.sign(nerve.points[:, 0]) == SIGN[side]).all()
    assert SIGN == {"left": 1.0, "right": -1.0}


def test_same_seed_same_subject(subject: Subject) -> None:
    again = make_subject(77, RECIPES)
    assert again.nearest == subject.nearest
    for mine, other in zip(subject.vessels, again.vessels, strict=True):
        assert np.array_equal(mine.tube.points, other.tube.points)


def test_landmarks_follow_the_table(subject: Subject) -> None:
    for side in SIDES:
        nerve = subject.sides[side].nerve
        assert 7.5 <= nerve.detachment_mm <= 10.5
        assert 1.2 <= nerve.zone_end_mm - nerve.detachment_mm <= 2.6
        assert 5.0 <= nerve.porus_mm - nerve.detachment_mm <= 20.0
        assert 9.0 <= abs(nerve.at(0.0)[0]) <= 15.0
        assert 18.0 <= abs(nerve.at(nerve.porus_mm)[0]) <= 29.0


def test_liquor_is_wide_before_the_pons_and_thin_over_the_cerebellum(subject: Subject) -> None:
    """The greatest distance between brain and dura, at the height of the nerves."""
    pori = np.array(
        [subject.sides[side].nerve.at(subject.sides[side].nerve.porus_mm) for side in SIDES]
    )
    x, y = np.meshgrid(np.arange(-60.0, 61.0), np.arange(-40.0, 100.0), indexing="ij")
    points = np.stack([x, y, np.full_like(x, pori[:, 2].mean())], axis=-1)
    brain, wall = subject.brain.brain_mm(points), subject.cistern.wall_mm(points)
    depth = np.where(wall < 0, brain, 0.0)
    behind, beside = y - pori[:, 1].mean(), np.abs(x)
    assert depth[(behind < 5) & (beside < 25)].max() > 4.0
    assert depth[(behind > 25) & (beside > 26)].max() < subject.cistern.sheet_mm + 0.5


def test_attached_segment_lies_on_the_pons_and_the_rest_is_free(subject: Subject) -> None:
    for side in SIDES:
        nerve = subject.sides[side].nerve
        attached = nerve.between(1.0, nerve.detachment_mm - 1.0)
        assert np.abs(subject.brain.brain_mm(attached.points)).max() < 1.5
        free = nerve.between(nerve.zone_end_mm + 1.0, nerve.porus_mm)
        assert (subject.brain.brain_mm(free.points) > 0.5).all()


def test_gap_is_in_its_stratum_and_where_it_was_asked(subject: Subject) -> None:
    left, right = subject.nearest["left"], subject.nearest["right"]
    assert left.gap_mm < 0.05
    assert left.vessel == "AICA"
    assert left.s_mm > subject.sides["left"].nerve.zone_end_mm
    assert right.gap_mm == pytest.approx(0.6, abs=0.15)
    assert right.s_mm < subject.sides["right"].nerve.detachment_mm


@pytest.mark.parametrize("side", SIDES)
def test_gap_agrees_with_brute_force(subject: Subject, side: Side) -> None:
    """Points 0.05 mm apart all over the nerve's surface, their way to every vessel's surface."""
    nerve = subject.sides[side].nerve
    skin = _surface(nerve.between(0.0, nerve.porus_mm), 0.05)
    found = min(_to_surface(skin, vessel.tube).min() for vessel in subject.vessels)
    assert found == pytest.approx(subject.nearest[side].gap_mm, abs=0.02)


def _surface(tube: Tube, spacing_mm: float) -> np.ndarray:
    """Points on the tube's surface at most `spacing_mm` apart, (N, 3)."""
    length = arc_length(tube.points)
    fine = np.arange(0.0, length[-1], spacing_mm)
    centre = np.stack([np.interp(fine, length, tube.points[:, a]) for a in range(3)], axis=1)
    radii = np.interp(fine, length, tube.radii)
    around = np.arange(0.0, 2.0 * np.pi, spacing_mm / tube.radii.max())
    along = tangents(centre)
    first = np.cross(along, [0.0, 0.0, 1.0])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    ring = first[:, None] * np.cos(around)[:, None] + second[:, None] * np.sin(around)[:, None]
    return np.asarray(centre[:, None] + radii[:, None, None] * ring).reshape(-1, 3)


def _to_surface(points: np.ndarray, tube: Tube) -> np.ndarray:
    """Signed distance of points to a tube made 0.05 mm fine, point by point."""
    length = arc_length(tube.points)
    fine = np.arange(0.0, length[-1], 0.05)
    centre = np.stack([np.interp(fine, length, tube.points[:, a]) for a in range(3)], axis=1)
    radii = np.interp(fine, length, tube.radii)
    near = np.linalg.norm(centre[:, None] - points[::400], axis=2).min(axis=1) < 9.0
    if not near.any():
        return np.full(1, np.inf)
    best = np.full(len(points), np.inf)
    for place, radius in zip(centre[near], radii[near], strict=True):
        np.minimum(best, np.linalg.norm(points - place, axis=1) - radius, out=best)
    return best


def test_gap_to_a_sac_is_the_distance_to_its_ellipsoid() -> None:
    """The foot on the ellipsoid, found among 200 000 points of its surface."""
    body = Ellipsoid(np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.5, 1.5]), np.eye(3))
    rng = np.random.default_rng(5)
    skin = rng.standard_normal((200_000, 3))
    skin = body.centre + body.semi_axes * skin / np.linalg.norm(skin, axis=1, keepdims=True)
    places = body.centre + rng.normal(0.0, 6.0, (40, 3))
    places = places[body.distance_at(places) > 0.0]
    dense = np.array([np.linalg.norm(skin - place, axis=1).min() for place in places])
    assert np.abs(body.exact_distance_at(places) - dense).max() < 0.02


def test_aneurysms_are_of_the_kind_asked_for() -> None:
    for kind in ("fusiform", "dissecting"):
        clear = SideRecipe("clear", "none", 1.6, "CP", "AICA", None, kind)  # type: ignore[arg-type]
        made = make_subject(81, {"left": clear, "right": NEAR})
        lesion = made.aneurysms["left"]
        assert lesion is not None
        assert (lesion.kind, lesion.parent) == (kind, "VA")
        radii = lesion.tubes[0].radii
        assert radii.max() > 1.4 * radii[[0, -1]].mean()
        assert made.nearest["left"].gap_mm > 1.0


def test_benign_neighbours_leave_the_nerves_free(subject: Subject) -> None:
    for side in SIDES:
        anatomy = subject.sides[side]
        kinds = [neighbour.kind for neighbour in anatomy.neighbours]
        assert kinds[0] == "flocculus"
        for neighbour in anatomy.neighbours:
            for tube in (anatomy.nerve.between(0.0, anatomy.nerve.porus_mm), anatomy.eighth):
                assert (neighbour.shape.distance_at(tube.points) - tube.radii).min() > -0.05


def test_names_are_those_of_the_origins(subject: Subject) -> None:
    for vessel in subject.vessels:
        if vessel.origin is None:
            continue
        parents = [v.tube for v in subject.vessels if v.name == vessel.origin and v is not vessel]
        start = vessel.tube.points[0]
        depth = [(np.linalg.norm(t.points - start, axis=1) - t.radii).min() for t in parents]
        assert min(depth) < 0.1, (vessel.name, vessel.origin)


def test_nerves_do_not_run_through_each_other(subject: Subject) -> None:
    for side in SIDES:
        nerve, eighth = subject.sides[side].nerve, subject.sides[side].eighth
        gap, _, _ = distance_between(nerve.points, nerve.radii, eighth.points, eighth.radii)
        assert gap > -0.1


def test_painting_holds_every_structure_on_its_side(subject: Subject) -> None:
    affine = np.diag([0.6, 0.6, 0.6, 1.0])
    affine[:3, 3] = [-45.0, 0.0, -64.0]
    painting = paint(subject, Grid((150, 70, 75), affine), [])
    for label in (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL, Label.ARTERY, Label.VEIN):
        x = painting.grid.to_lps(np.argwhere(painting.labels == label))[:, 0]
        assert (x > 10).any(), label
        assert (x < -10).any(), label
    stem = painting.grid.to_lps(np.argwhere(painting.labels == Label.BRAINSTEM))
    assert abs(stem[:, 0].mean()) < 2.0


def test_strata_ask_for_their_gaps() -> None:
    rng = np.random.default_rng(0)
    limits = {"contact": (0, 0), "blurred": (0.05, 0.3), "near": (0.3, 1.0), "clear": (1.0, 9.0)}
    for stratum, (low, high) in limits.items():
        for _ in range(20):
            recipe = side_of_stratum(stratum, anatomy_priors().sets["default"], rng)  # type: ignore[arg-type]
            assert low <= recipe.gap_mm <= high
            assert (recipe.grade in ("contact", "deviation", "indentation")) == (
                stratum == "contact"
            )


def test_priors_are_followed() -> None:
    rng = np.random.default_rng(1)
    drawn = [random_side(anatomy_priors().sets["default"], rng) for _ in range(1500)]
    share = np.mean([r.stratum == "contact" for r in drawn])
    assert share == pytest.approx(1 / 3, abs=0.04)
    assert np.mean([r.mass is not None for r in drawn]) == pytest.approx(0.12, abs=0.03)
    assert not any(r.mass and r.aneurysm for r in drawn)


def test_reserved_sets_do_not_overlap_with_training_or_samples() -> None:
    from pipeline.train.bank import FIRST_TRAINING_SEED, make_examples

    assert FIRST_SEED["test"] + 1000 < FIRST_SEED["calibration"]
    assert FIRST_SEED["calibration"] + 10_000 < FIRST_TRAINING_SEED
    assert all(plan.seed < FIRST_SEED["test"] for plan in sample_plans().values())
    with pytest.raises(ValueError, match="reserved"):
        make_examples(FIRST_SEED["test"], None)  # type: ignore[arg-type]


def test_test_set_is_composed_as_promised() -> None:
    made = plans("test", 40)
    strata = [r.stratum for plan in made for r in plan.recipes.values()]
    assert abs(strata.count("contact") - 80 / 3) < 1
    assert abs(strata.count("near") - 80 / 3) < 1
    assert strata.count("blurred") >= 5
    assert sum("tof" not in plan.sequences for plan in made) == pytest.approx(40 / 3, abs=1)
    assert sum("t1c" not in plan.sequences for plan in made) == pytest.approx(20, abs=2)


def test_samples_are_what_their_names_say() -> None:
    made = sample_plans()
    truth = make_truth(made["contact_left"])
    assert truth.sides["left"].grade == "indentation"
    assert truth.sides["right"].grade == "none"
    missed = make_truth(made["slab_too_high"])
    assert not any(missed.sides[side].rez_in_slab for side in SIDES)
