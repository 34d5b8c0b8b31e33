"""Both sides of a study, and its masses and aneurysms, each counted on one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np

from pipeline.measure.arteries import arterial_tree
from pipeline.measure.canal import Canal
from pipeline.measure.contact import Surroundings
from pipeline.measure.enhancement import ContrastImage
from pipeline.measure.lesion_measurements import aneurysm_measurement, mass_measurement
from pipeline.measure.lesions import Lesion, Midline, by_side, lesions, midline
from pipeline.measure.side import measure_side, traced_nerve, unmeasured
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.trunks import basilar_laterality, trunks
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Reason
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation
from pipeline.records.measurements import Measurements, SideMeasurements
from pipeline.settings import MeasureSettings


@dataclass(frozen=True, eq=False)
class LesionsFound:
    """Regions of both labels in the crops of both sides."""

    masses: dict[Side, list[Lesion]]
    aneurysms: dict[Side, list[Lesion]]


def measure_study(
    crops: Mapping[Side, SoftLabels],
    localisation: Localisation,
    voxel_mm: float,
    settings: MeasureSettings,
    contrast: ContrastImage | None = None,
) -> Measurements:
    """Measure the sides that have a crop; the others carry the localiser's reasons.

    voxel_mm: edge of the cube with the volume of the reference's voxel. contrast: the
    contrast-enhanced image, asked for only where there is a mass.
    """
    rez = {side: np.array(found.rez_lps_mm) for side, found in localisation.sides.items()}
    middle = midline(rez)
    around = Surroundings(
        voxel_mm, settings.contact_gap_mm, float(middle.point_lps[0]) if middle else None
    )
    nerves = {side: traced_nerve(soft) for side, soft in crops.items()}
    exits = {side: nerve.exit_lps for side, nerve in nerves.items() if not isinstance(nerve, str)}
    wide = trunks(crops, middle, exits)
    sides: dict[Side, SideMeasurements] = {}
    found = LesionsFound({}, {})
    for side in SIDES:
        if side not in crops:
            sides[side] = _without_crop(localisation, side)
            continue
        found_at = localisation.sides[side].rez_lps_mm
        sides[side] = measure_side(crops[side], nerves[side], around, wide, found_at)
        _collect(found, side, crops[side], settings)
    for side, lesion in by_side(found.masses, middle).items():
        mass = mass_measurement(lesion, _canal(localisation, side, middle), contrast)
        sides[side] = sides[side].model_copy(update={"mass": mass})
    for side, lesion in by_side(found.aneurysms, middle).items():
        place = exits.get(side, rez.get(side))
        tree = (
            arterial_tree(lesion.soft, place, around.midline_x_mm, wide)
            if place is not None
            else None
        )
        aneurysm = aneurysm_measurement(lesion, tree, wide)
        sides[side] = sides[side].model_copy(update={"aneurysm": aneurysm})
    return Measurements(
        case=localisation.case,
        sides=sides,
        calibres_mm=wide.calibres,
        basilar_laterality=basilar_laterality(wide, middle, exits),
        reference_snr=None,
    )


def _without_crop(localisation: Localisation, side: Side) -> SideMeasurements:
    known = get_args(Reason)
    given = localisation.reasons.get(side, ())
    reasons = cast("tuple[Reason, ...]", tuple(r for r in given if r in known))
    return unmeasured(reasons or ("landmarks_not_found",), None)


def _canal(localisation: Localisation, side: Side, middle: Midline | None) -> Canal | None:
    """From the localiser's porus: the traced nerve's end is not to be trusted beside a mass."""
    if middle is None or side not in localisation.sides:
        return None
    return Canal.of_side(np.array(localisation.sides[side].porus_lps_mm), side, middle)


def _collect(found: LesionsFound, side: Side, soft: SoftLabels, settings: MeasureSettings) -> None:
    likeliest = soft.likeliest()
    least = settings.min_mass_volume_mm3
    found.masses[side] = lesions(soft, likeliest, Label.TUMOUR, least)
    least = settings.min_aneurysm_volume_mm3
    found.aneurysms[side] = lesions(soft, likeliest, Label.ANEURYSM, least)
