"""How well the measurement does when the segmentation is perfect, or damaged in a known way.

Subjects of calibration seeds are turned into the share of every label in every voxel and
measured as if a network had said so; the truth is the subject's exact geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.assess.grade import CONTACT_BELOW_MM, grade
from pipeline.bootstrap import Score, scored
from pipeline.evaluate.agreement import kappa
from pipeline.evaluate.contact import GRADES
from pipeline.geometry import Grid, side_crop
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.study import measure_study
from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.fractions import Shares, label_fractions
from pipeline.phantom.manifest import plans
from pipeline.phantom.nearest import Nearest
from pipeline.phantom.side_truth import true_grade, true_segment
from pipeline.phantom.subject import Subject, make_subject
from pipeline.records.base import SIDES, Point, Record, Side
from pipeline.records.findings import Grade, Segment, VesselName
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation, SideLandmarks
from pipeline.records.measurements import Measurements
from pipeline.settings import MeasureSettings

_CROP_MM = 48.0
_DECIDED_BY = ("AICA", "PICA", "SCA")
"""Branches, whose names rest on the path to their origin."""
_UNDER_MM = 2.0
_TOUCHING_MM = 0.1
"""Measured gaps below this are called contact. A true 0 was measured as up to 0.08 mm, and true
gaps from 0.14 mm as 0.18 mm or more (43 sides of the first 48 subjects)."""


class Damage(Record):
    """What is done to the true shares before they are measured.

    blur_mm: width of a Gaussian. holes: balls of 1 mm radius in which arteries are lost.
    mixed: balls of 1.5 mm radius in which half of the facial nerve is called the eighth nerve.
    """

    blur_mm: float = 0.0
    holes: int = 0
    mixed: int = 0


class MeasuredSide(Record):
    """Truth and measurement of one side; measured values are None where nothing was measured.

    path_in_crop: whether the artery's course from its origin lies in the crop; None for veins
        and aneurysms.
    """

    seed: int
    side: Side
    gap_mm: float
    segment: Segment
    distance_from_rexp_mm: float
    vessel: VesselName
    path_in_crop: bool | None
    diameter_mm: float
    grade: Grade
    deviation_mm: float
    indentation_fraction: float
    measured_gap_mm: float | None
    measured_segment: Segment | None
    measured_distance_from_rexp_mm: float | None
    measured_vessel: VesselName | None
    measured_name_probability: float | None
    measured_diameter_mm: float | None
    measured_grade: Grade | None
    measured_deviation_mm: float | None
    measured_indentation_fraction: float | None


class TrueFractionScores(Record):
    """Scores over sides, with 95 % intervals by patient.

    vessel_right: over sides whose nearest vessel is a named artery or a vein.
    artery_right_path_in_crop: over arteries whose course from the origin lies in the crop.
    artery_wrong: named, but not rightly; the rest is "unnamed".
    """

    schema_version: str = "1"
    measured_on: str = "tissue fractions of generated (synthetic) subjects, no network"
    spacing_mm: float
    damage: Damage
    subjects: int
    measured: Score
    gap_mean_error_mm: Score
    gap_bias_mm: Score
    gap_mean_error_under_2_mm: Score
    contact_right: Score
    segment_right: Score
    vessel_right: Score
    artery_right_path_in_crop: Score
    artery_wrong: Score
    grade_kappa: Score
    grade_kappa_quadratic: Score
    diameter_mean_error_mm: Score
    sides: tuple[MeasuredSide, ...]


@dataclass(frozen=True, eq=False)
class _Measured:
    subject: Subject
    crops: dict[Side, SoftLabels]
    measurements: Measurements


def evaluate_true_fractions(
    count: int,
    spacing_mm: float,
    damage: Damage,
    settings: MeasureSettings,
    destination: Path,
) -> TrueFractionScores:
    """Measure the first `count` calibration subjects; writes JSON."""
    sides: list[MeasuredSide] = []
    subjects = 0
    for subject in calibration_subjects(count):
        sides.extend(measured_sides(subject, spacing_mm, damage, settings))
        subjects += 1
    scores = _scores(sides, subjects, spacing_mm, damage)
    scores.write(destination)
    return scores


def calibration_subjects(count: int) -> Iterator[Subject]:
    """Subjects of the first calibration seeds, without those whose anatomy is impossible."""
    for plan in plans("calibration", count):
        try:
            yield make_subject(plan.seed, plan.recipes)
        except ImpossibleAnatomyError:
            continue


def measured_sides(
    subject: Subject, spacing_mm: float, damage: Damage, settings: MeasureSettings
) -> list[MeasuredSide]:
    """Both sides of a subject, measured from its shares on grids of the given spacing."""
    crops: dict[Side, SoftLabels] = {}
    for side in SIDES:
        grid = side_crop(_crop_centre(subject, side), side, _CROP_MM, spacing_mm)
        rng = np.random.default_rng([subject.seed, SIDES.index(side)])
        shares = damaged(label_fractions(subject, grid), spacing_mm, damage, rng)
        crops[side] = SoftLabels(np.round(255 * shares).astype(np.uint8)[None], grid)
    measured = measure_study(crops, _localisation(subject), spacing_mm, settings)
    whole = _Measured(subject, crops, measured)
    return [_side(whole, side) for side in SIDES]


def damaged(shares: Shares, spacing_mm: float, damage: Damage, rng: np.random.Generator) -> Shares:
    """The shares (9, I, J, K) blurred, with holes in arteries and mixed nerves."""
    result = shares.copy()
    nerve = shares[Label.FACIAL_NERVE_REZ] + shares[Label.FACIAL_NERVE_CISTERNAL]
    for centre in _drawn(shares[Label.ARTERY], damage.holes, rng):
        hole = _ball(shares.shape[1:], centre, 1.0 / spacing_mm)
        result[Label.OTHER][hole] += result[Label.ARTERY][hole]
        result[Label.ARTERY][hole] = 0.0
    for centre in _drawn(nerve, damage.mixed, rng):
        ball = _ball(shares.shape[1:], centre, 1.5 / spacing_mm)
        for label in (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL):
            half = 0.5 * result[label][ball]
            result[Label.VESTIBULOCOCHLEAR_NERVE][ball] += half
            result[label][ball] -= half
    if damage.blur_mm > 0:
        width = damage.blur_mm / spacing_mm
        result = ndimage.gaussian_filter(result, (0.0, width, width, width), mode="nearest")
    return np.asarray(result)


def _drawn(share: Shares, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    inside = np.argwhere(share > 0.5)
    if count == 0 or len(inside) == 0:
        return np.zeros((0, 3), dtype=np.int64)
    return np.asarray(inside[rng.integers(len(inside), size=count)])


def _ball(shape: Sequence[int], centre: NDArray[np.int64], radius: float) -> NDArray[np.bool_]:
    i, j, k = (np.arange(n) - c for n, c in zip(shape, centre, strict=True))
    squared = i[:, None, None] ** 2 + j[None, :, None] ** 2 + k[None, None, :] ** 2
    return np.asarray(squared <= radius**2)


def _crop_centre(subject: Subject, side: Side) -> NDArray[np.float64]:
    nerve = subject.sides[side].nerve
    return 0.5 * (nerve.at(0.5 * nerve.zone_end_mm) + nerve.at(nerve.porus_mm))


def _localisation(subject: Subject) -> Localisation:
    found = {}
    for side in SIDES:
        nerve = subject.sides[side].nerve
        found[side] = SideLandmarks(
            rez_lps_mm=_point(nerve.at(0.5 * nerve.zone_end_mm)),
            rez_confidence=1.0,
            porus_lps_mm=_point(nerve.at(nerve.porus_mm)),
            porus_confidence=1.0,
        )
    return Localisation(case=f"seed_{subject.seed}", sides=found, reasons={})


def _point(place: NDArray[np.float64]) -> Point:
    x, y, z = (float(value) for value in place)
    return (x, y, z)


def _side(whole: _Measured, side: Side) -> MeasuredSide:
    anatomy, nearest = whole.subject.sides[side], whole.subject.nearest[side]
    nerve = anatomy.nerve
    gap = max(0.0, nearest.gap_mm)
    attached = nearest.s_mm < nerve.detachment_mm
    found = whole.measurements.sides[side].contact
    return MeasuredSide(
        seed=whole.subject.seed,
        side=side,
        gap_mm=gap,
        segment=true_segment(nearest.s_mm, nerve.detachment_mm, nerve.zone_end_mm),
        distance_from_rexp_mm=nearest.s_mm,
        vessel=nearest.vessel,
        path_in_crop=_path_in_crop(whole.subject, nearest, whole.crops[side].grid),
        diameter_mm=nearest.diameter_mm,
        grade=true_grade(gap, attached, anatomy.deviation_mm, anatomy.indentation_fraction),
        deviation_mm=anatomy.deviation_mm,
        indentation_fraction=anatomy.indentation_fraction,
        measured_gap_mm=found.min_distance_mm if found else None,
        measured_segment=found.segment if found else None,
        measured_distance_from_rexp_mm=found.distance_from_rexp_mm if found else None,
        measured_vessel=found.vessel.name if found else None,
        measured_name_probability=found.vessel.name_probability if found else None,
        measured_diameter_mm=found.vessel.diameter_mm if found else None,
        measured_grade=grade(
            "yes" if found.min_distance_mm < _TOUCHING_MM else "no",
            found.min_distance_mm,
            found.segment,
            found.deviation_mm,
            found.indentation_fraction,
        )
        if found
        else None,
        measured_deviation_mm=found.deviation_mm if found else None,
        measured_indentation_fraction=found.indentation_fraction if found else None,
    )


def _path_in_crop(subject: Subject, nearest: Nearest, grid: Grid) -> bool | None:
    if nearest.vessel in {"VA", "BA"}:
        return True
    if nearest.vessel not in _DECIDED_BY:
        return None
    place = np.array(nearest.point_lps)
    tubes = [vessel.tube for vessel in subject.vessels if vessel.name == nearest.vessel]
    away = [np.linalg.norm(tube.points - place, axis=1) - tube.radii for tube in tubes]
    mine = int(np.argmin([distance.min() for distance in away]))
    course = tubes[mine].points[: int(np.argmin(away[mine])) + 1]
    return bool(grid.contains(course).all())


def _scores(
    sides: list[MeasuredSide], subjects: int, spacing_mm: float, damage: Damage
) -> TrueFractionScores:
    known = [one for one in sides if one.measured_gap_mm is not None]
    arteries = [one for one in sides if one.path_in_crop is not None]
    return TrueFractionScores(
        spacing_mm=spacing_mm,
        damage=damage,
        subjects=subjects,
        measured=_mean(sides, lambda s: s.measured_gap_mm is not None),
        gap_mean_error_mm=_mean(known, lambda s: abs(_gap_error(s))),
        gap_bias_mm=_mean(known, _gap_error),
        gap_mean_error_under_2_mm=_mean(
            [one for one in known if one.gap_mm < _UNDER_MM], lambda s: abs(_gap_error(s))
        ),
        contact_right=_mean(
            known, lambda s: (s.gap_mm < CONTACT_BELOW_MM) == (_measured_gap(s) < _TOUCHING_MM)
        ),
        segment_right=_mean(known, lambda s: s.segment == s.measured_segment),
        vessel_right=_mean(
            [one for one in sides if one.vessel != "unnamed"],
            lambda s: s.vessel == s.measured_vessel,
        ),
        artery_right_path_in_crop=_mean(
            [one for one in arteries if one.path_in_crop],
            lambda s: s.vessel == s.measured_vessel,
        ),
        artery_wrong=_mean(
            arteries, lambda s: s.measured_vessel not in {s.vessel, "unnamed", None}
        ),
        grade_kappa=_kappa(known, quadratic=False),
        grade_kappa_quadratic=_kappa(known, quadratic=True),
        diameter_mean_error_mm=_mean(
            [one for one in known if one.measured_diameter_mm is not None],
            lambda s: abs((s.measured_diameter_mm or 0.0) - s.diameter_mm),
        ),
        sides=tuple(sides),
    )


def _mean(sides: Sequence[MeasuredSide], value: Callable[[MeasuredSide], float]) -> Score:
    return scored(sides, lambda some: float(np.mean([value(s) for s in some])), lambda s: s.seed)


def _measured_gap(side: MeasuredSide) -> float:
    return np.inf if side.measured_gap_mm is None else side.measured_gap_mm


def _gap_error(side: MeasuredSide) -> float:
    return _measured_gap(side) - side.gap_mm


def _kappa(sides: Sequence[MeasuredSide], *, quadratic: bool) -> Score:
    def agreement(some: Sequence[MeasuredSide]) -> float | None:
        true = [GRADES.index(s.grade) for s in some]
        found = [GRADES.index(s.measured_grade or "none") for s in some]
        return kappa(true, found, len(GRADES), quadratic=quadratic)

    return scored(sides, agreement, lambda s: s.seed)
