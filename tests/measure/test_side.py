"""Gap, place and description of a contact whose truth is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from pipeline.geometry.grid import Side
from pipeline.measure.soft_labels import SoftLabels
from pipeline.records.base import Point
from pipeline.records.labels import Label
from pipeline.records.measurements import SideMeasurements

from .nerves import COUNT, KnownContact, known_contact, measured_alone, nerve_course
from .rendering import Points, Scene, Shape, ball, crop_grid, straight, tube


def _measured(known: KnownContact) -> SideMeasurements:
    return measured_alone(known.soft)


def _distance(found: Point | None, known: KnownContact, point: Points) -> float:
    expected = known.soft.to_lps(point[None])[0]
    return float(np.linalg.norm(np.subtract(found, expected)))


@pytest.mark.parametrize(
    ("gap_mm", "radius_mm", "s_mm", "segment", "turn"),
    [
        (0.0, 0.5, 0.7, "RExP", None),
        (0.0, 1.0, 5.0, "AS", None),
        (0.3, 0.35, 5.0, "AS", [0.2, -0.1, 0.3]),
        (0.6, 0.5, 9.0, "RDP_TZ", [-0.25, 0.2, -0.2]),
        (1.0, 1.6, 14.0, "CP", [0.1, 0.3, 0.1]),
        (2.0, 0.5, 14.0, "CP", None),
        (0.3, 1.0, 9.0, "RDP_TZ", None),
    ],
)
def test_gap_segment_place_and_calibre(
    gap_mm: float, radius_mm: float, s_mm: float, segment: str, turn: list[float] | None
) -> None:
    rotation = Rotation.from_rotvec(turn) if turn else None
    known = known_contact(gap_mm, radius_mm, s_mm, turn=rotation)
    side = _measured(known)
    contact = side.contact
    assert contact is not None
    assert contact.min_distance_mm == pytest.approx(gap_mm, abs=0.1)
    assert contact.segment == segment
    assert contact.distance_from_rexp_mm == pytest.approx(s_mm, abs=0.5)
    assert _distance(contact.point_lps_mm, known, known.gap_middle) < 0.4
    assert contact.vessel.diameter_mm == pytest.approx(2 * radius_mm, abs=0.2)
    assert contact.crossing_angle_deg is None or contact.crossing_angle_deg == pytest.approx(
        71.6, abs=12
    )


def test_landmarks_lie_on_the_nerve() -> None:
    known = known_contact(1.0, 0.5, 14.0)
    side = _measured(known)
    assert _distance(side.rexp_lps_mm, known, known.rexp) < 0.25
    assert _distance(side.tz_end_lps_mm, known, known.tz_end) < 0.25
    assert _distance(side.porus_lps_mm, known, known.porus) < 0.4  # it bends there
    assert side.nerve_length_mm == pytest.approx(known.length_mm, abs=0.4)
    assert side.nerve_diameter_mm == pytest.approx(1.16, abs=0.05)
    along = [np.linalg.norm(np.subtract(side.rdp_lps_mm, side.tz_end_lps_mm))]
    assert along[0] == pytest.approx(1.6, abs=0.15)


def test_mirrored_sides_agree_to_the_last_digit() -> None:
    right = _measured(known_contact(0.3, 0.5, 9.0))
    left = _measured(known_contact(0.3, 0.5, 9.0, side="left"))
    assert right.contact is not None
    assert left.contact is not None
    mirrored = {"point_lps_mm", "other_vessels"}
    assert right.contact.model_dump(exclude=mirrored) == left.contact.model_dump(exclude=mirrored)
    x, y, z = right.contact.point_lps_mm
    assert left.contact.point_lps_mm == pytest.approx((-x, y, z), abs=1e-9)
    assert x < 0 < left.contact.point_lps_mm[0]
    assert [p.gap_mm for p in right.profile] == [p.gap_mm for p in left.profile]


def test_profile_has_its_minimum_at_the_contact_and_partitions_the_nerve() -> None:
    known = known_contact(0.3, 0.5, 14.0)
    side = _measured(known)
    assert side.contact is not None
    gaps = {point.s_mm: point.gap_mm for point in side.profile}
    assert all(gap is not None for gap in gaps.values())
    smallest = min(gaps, key=lambda s: gaps[s] or 0.0)
    assert gaps[smallest] == side.contact.min_distance_mm
    assert abs(smallest - 14.0) <= 1.0
    assert gaps[2.0] > 3.0  # type: ignore[operator]
    assert {p.segment for p in side.profile} == {"RExP", "AS", "RDP_TZ", "CP"}
    assert {p.nearest_vessel for p in side.profile} == {"artery"}


def test_touching_vessel_has_length_area_and_no_cerebrospinal_fluid_between() -> None:
    touching = _measured(known_contact(0.0, 1.0, 5.0)).contact
    apart = _measured(known_contact(0.6, 1.0, 5.0)).contact
    assert touching is not None
    assert apart is not None
    assert 0.5 <= touching.contact_length_mm <= 3.0
    assert touching.contact_area_mm2 is not None
    assert touching.contact_area_mm2 > 0.3
    assert apart.contact_length_mm == 0.0
    assert apart.contact_area_mm2 == 0.0
    assert touching.csf_cleft_mm is not None
    assert touching.csf_cleft_mm < 0.2
    assert apart.csf_cleft_mm == pytest.approx(0.6, abs=0.15)


def test_vessel_beside_the_nerve_shows_also_where_no_boundary_does() -> None:
    """A faint vessel has no surface to measure to; its share is still evidence."""
    touching, passing = known_contact(0.0, 1.0, 14.0), known_contact(3.0, 1.0, 14.0)
    near, far = _measured(touching).contact, _measured(passing).contact
    assert near is not None
    assert far is not None
    assert far.vessel_beside_nerve < 0.01
    assert 0.5 < near.vessel_beside_nerve <= 1.0

    faint = touching.soft.probabilities.copy()
    artery = faint[:, Label.ARTERY] // 5
    faint[:, Label.OTHER] += faint[:, Label.ARTERY] - artery
    faint[:, Label.ARTERY] = artery
    faint[:, Label.ARTERY] += passing.soft.probabilities[:, Label.ARTERY]
    unsure = measured_alone(SoftLabels(faint, touching.soft.grid)).contact
    assert unsure is not None
    assert unsure.min_distance_mm > 2.0
    assert unsure.vessel_beside_nerve == pytest.approx(near.vessel_beside_nerve / 5, abs=0.03)


def test_a_speck_beside_the_nerve_is_little_evidence() -> None:
    """One certain voxel touches the nerve as a vessel does, and weighs far less."""
    known = known_contact(3.0, 1.0, 14.0)
    vessel = _measured(known_contact(0.0, 1.0, 14.0)).contact
    assert vessel is not None
    speckled = known.soft.probabilities.copy()
    index = np.round(known.soft.grid.to_index(vessel.point_lps_mm)).astype(int)
    speckled[:, :, *index] = 0
    speckled[:, Label.ARTERY, *index] = 255
    speck = measured_alone(SoftLabels(speckled, known.soft.grid)).contact
    assert speck is not None
    assert speck.min_distance_mm < 0.3
    assert speck.vessel_beside_nerve < 0.4 * vessel.vessel_beside_nerve


def test_gap_survives_blurring_of_the_labels() -> None:
    """A network that is unsure of every boundary must not lose a thin artery."""
    known = known_contact(0.6, 0.4, 14.0)
    soft = known.soft.probabilities.astype(float)
    blurred = ndimage.gaussian_filter(soft, (0, 0, 0.6, 0.6, 0.6))
    encoded = np.round(blurred).astype(np.uint8)
    side = measured_alone(SoftLabels(encoded, known.soft.grid))
    assert side.contact is not None
    assert side.contact.min_distance_mm == pytest.approx(0.6, abs=0.2)
    assert side.contact.segment == "CP"


def test_vein_is_told_from_artery_and_listed_after_it() -> None:
    course = nerve_course()
    scene = Scene(COUNT)
    scene.add(Label.ARTERY, _crossing(course[1400] + [0.0, 0.0, 1.4], 0.5))
    scene.add(Label.VEIN, _crossing(course[600] + [2.2, 0.0, 0.0], 0.6))
    scene.add(Label.FACIAL_NERVE_REZ, tube(course[:1000], 0.58))
    scene.add(Label.FACIAL_NERVE_CISTERNAL, tube(course[999:], 0.58))
    side = measured_alone(scene.soft_labels())
    assert side.contact is not None
    assert side.contact.vessel.name == "unnamed"
    assert [other.vessel.name for other in side.contact.other_vessels] == ["vein"]
    other = side.contact.other_vessels[0]
    assert side.contact.min_distance_mm < other.min_distance_mm <= 2.0
    assert other.segment == "AS"


def test_wide_artery_is_vertebral() -> None:
    contact = _measured(known_contact(0.3, 1.6, 14.0)).contact
    assert contact is not None
    assert contact.vessel.name == "VA"
    assert contact.vessel.name_probability is not None
    assert 0.5 < contact.vessel.name_probability < 1.0


def test_interval_widens_with_disagreement_between_variants() -> None:
    calm = known_contact(0.6, 0.5, 14.0)
    shifted = known_contact(0.2, 0.5, 14.0)
    both = np.concatenate([calm.soft.probabilities, shifted.soft.probabilities])
    split = measured_alone(SoftLabels(both, calm.soft.grid)).contact
    alone = _measured(calm).contact
    assert split is not None
    assert alone is not None
    assert alone.spread_mm == 0.0
    assert split.spread_mm == pytest.approx(0.4 / np.sqrt(2), abs=0.08)
    width = [np.ptp(c.distance_interval_mm) for c in (alone, split)]
    assert width[1] > width[0] + 0.2


def test_a_variant_that_sees_no_vessel_makes_the_gap_unsure_not_exact() -> None:
    seen = known_contact(0.3, 0.5, 14.0)
    none = seen.soft.probabilities.copy()
    none[:, Label.OTHER] += none[:, Label.ARTERY]
    none[:, Label.ARTERY] = 0
    three = np.concatenate([seen.soft.probabilities, seen.soft.probabilities, none])
    contact = measured_alone(SoftLabels(three, seen.soft.grid)).contact
    assert contact is not None
    assert contact.spread_mm == pytest.approx(np.std([0.3, 0.3, 2.0], ddof=1), abs=0.1)
    assert contact.distance_interval_mm[1] > contact.min_distance_mm + 1.0


def test_nerve_bridged_where_a_large_artery_interrupts_it() -> None:
    known = known_contact(0.0, 1.0, 12.0)
    cut = known.soft.probabilities.copy()
    places = np.moveaxis(np.indices(cut.shape[2:]), 0, -1) * 0.4
    gap = np.linalg.norm(places - known.gap_middle, axis=-1) < 1.2
    cut[:, 2:4, gap] = 0
    side = measured_alone(SoftLabels(cut, known.soft.grid))
    assert side.nerve_length_mm == pytest.approx(known.length_mm, abs=0.8)


@pytest.mark.parametrize("side_name", ["left", "right"])
def test_no_nerve_gives_a_reason_and_keeps_the_localisers_place(side_name: Side) -> None:
    scene = Scene(30).add(Label.ARTERY, ball(np.array([6.0, 6.0, 6.0]), 2.0))
    side = measured_alone(scene.soft_labels(side_name), rez_lps=(1.0, 2.0, 3.0))
    assert side.reasons == ("nerve_not_traceable",)
    assert side.rez_lps_mm == (1.0, 2.0, 3.0)
    assert side.contact is None


def test_stump_of_a_nerve_is_implausible() -> None:
    course = straight(np.array([6.0, 6.0, 3.0]), np.array([6.0, 6.0, 9.0]))
    scene = Scene(30).add(Label.FACIAL_NERVE_CISTERNAL, tube(course, 0.6))
    assert measured_alone(scene.soft_labels()).reasons == ("nerve_length_implausible",)


def test_no_vessel_anywhere_is_not_an_absent_contact() -> None:
    course = straight(np.array([6.0, 6.0, 2.0]), np.array([6.0, 6.0, 16.0]))
    scene = Scene(45).add(Label.FACIAL_NERVE_CISTERNAL, tube(course, 0.6))
    side = measured_alone(scene.soft_labels())
    assert side.reasons == ("vessels_not_visible",)


def test_vessel_far_from_the_nerve_is_still_measured() -> None:
    course = straight(np.array([4.0, 6.0, 3.0]), np.array([4.0, 6.0, 15.0]))
    scene = Scene(50).add(Label.FACIAL_NERVE_CISTERNAL, tube(course, 0.6))
    scene.add(Label.ARTERY, ball(np.array([16.0, 6.0, 9.0]), 1.4))
    side = measured_alone(scene.soft_labels())
    assert side.contact is not None
    assert side.contact.min_distance_mm == pytest.approx(10.0, abs=0.15)


def test_grid_of_the_crop_is_mirrored_by_its_affine_alone() -> None:
    left, right = crop_grid(10, "left"), crop_grid(10, "right")
    assert left.to_lps([0, 0, 0])[0] > left.to_lps([9, 0, 0])[0]
    assert right.to_lps([0, 0, 0])[0] < right.to_lps([9, 0, 0])[0]


def _crossing(centre: Points, radius: float) -> Shape:
    """A vessel along the second axis."""
    reach = np.array([0.0, 5.0, 0.0])
    return tube(straight(centre - reach, centre + reach), radius)
