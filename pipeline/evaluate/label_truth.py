"""What drawn labels say of each side, measured as if a network had been certain of them.

Labels show where things are, to half a voxel. That a structure is not drawn does not show that it
is not there: masses and aneurysms count as absent only where a reader said so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.evaluate.known import KnownLesion, KnownSide, touch_of
from pipeline.geometry import Grid, Volume, resample, side_crop
from pipeline.labelled.drawn import NERVE
from pipeline.measure.contact import as_point
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.study import measure_study
from pipeline.records.base import SIDES, Side
from pipeline.records.labels import Label
from pipeline.records.landmarks import Localisation, SideLandmarks
from pipeline.records.measurements import AneurysmMeasurement, MassMeasurement, SideMeasurements
from pipeline.settings import Settings

Places = NDArray[np.float64]
_BETWEEN_SIDES_MM = 10.0
"""Two nerves leave at least so much free between them: the pons is 27 to 38 mm wide where they
leave it (textbook values)."""


class SideUnknownError(UsageError):
    """Only one nerve is drawn, and nothing that tells on which side it lies."""


def known_sides(labels: Volume, settings: Settings) -> dict[Side, KnownSide]:
    """Both sides of drawn labels (any grid, LPS); a side without a nerve is unknown.

    Raises SideUnknownError.
    """
    places = {side: mine for side, mine in nerve_places(labels).items() if len(mine)}
    crops = {
        side: certain_labels(
            labels,
            side_crop(
                0.5 * (mine.min(axis=0) + mine.max(axis=0)),
                side,
                settings.segment.crop_size_mm,
                settings.segment.crop_spacing_mm,
            ),
        )
        for side, mine in places.items()
    }
    landmarks = {side: _landmarks(mine) for side, mine in places.items()}
    localisation = Localisation(case="labels", sides=landmarks, reasons={})
    voxel_mm = labels.grid.voxel_volume_mm3 ** (1 / 3)
    measured = measure_study(crops, localisation, voxel_mm, settings.measure).sides
    zones = {side: _has_zone(labels, mine) for side, mine in places.items()}
    return {side: _known(measured[side], zone=zones.get(side, False)) for side in SIDES}


def nerve_places(labels: Volume) -> dict[Side, Places]:
    """Voxel centres (N, 3) of the facial nerve on each side, LPS mm.

    The brainstem tells the sides apart, or the gap between two nerves. Raises SideUnknownError.
    """
    nerve = labels.grid.to_lps(np.argwhere(np.isin(labels.array, NERVE)))
    stem = labels.grid.to_lps(np.argwhere(labels.array == Label.BRAINSTEM))
    across = np.sort(nerve[:, 0])
    widest = int(np.argmax(np.diff(across))) if len(across) > 1 else 0
    if len(across) > 1 and across[widest + 1] - across[widest] >= _BETWEEN_SIDES_MM:
        middle = 0.5 * (across[widest] + across[widest + 1])
    elif len(stem):
        middle = float(stem[:, 0].mean())
    else:
        raise SideUnknownError("only one facial nerve is drawn, and no brainstem")
    left = nerve[:, 0] > middle
    return {"left": nerve[left], "right": nerve[~left]}


def certain_labels(labels: Volume, crop: Grid) -> SoftLabels:
    """Drawn labels on a crop: the share of each, interpolated between voxel centres."""
    shares = np.zeros((len(Label), *crop.shape), dtype=np.float32)
    for label in Label:
        if label != Label.OTHER and (labels.array == label).any():
            one = Volume((labels.array == label).astype(np.float32), labels.grid)
            shares[label] = resample(one, crop).array
    shares[Label.OTHER] = np.maximum(1.0 - shares[1:].sum(axis=0), 0.0)
    return SoftLabels(np.round(255 * shares).astype(np.uint8)[None], crop)


def _landmarks(nerve: Places) -> SideLandmarks:
    """Only the midline is taken from these; the nerve's own landmarks are measured."""
    centre = as_point(nerve.mean(axis=0))
    return SideLandmarks(
        rez_lps_mm=centre, rez_confidence=1.0, porus_lps_mm=centre, porus_confidence=1.0
    )


def _has_zone(labels: Volume, nerve: Places) -> bool:
    """Whether the nerve's root exit zone (label 2) is drawn on this side."""
    index = np.rint(labels.grid.to_index(nerve)).astype(int)
    return bool((labels.array[tuple(index.T)] == Label.FACIAL_NERVE_REZ).any())


def _known(side: SideMeasurements, *, zone: bool) -> KnownSide:
    """zone: without it neither the exit point nor the segments can be placed."""
    gap = side.contact.min_distance_mm if side.contact else None
    return KnownSide(
        rez_lps_mm=side.rez_lps_mm if zone and side.rexp_lps_mm is not None else None,
        centreline_lps_mm=tuple(point.point_lps_mm for point in side.profile),
        touch=None if gap is None else touch_of(gap),
        gap_mm=gap,
        segment=side.contact.segment if side.contact and zone else None,
        contact_point_lps_mm=side.contact.point_lps_mm if side.contact else None,
        tumour=_lesion(side.mass),
        aneurysm=_lesion(side.aneurysm),
    )


def _lesion(found: MassMeasurement | AneurysmMeasurement | None) -> KnownLesion | None:
    return KnownLesion(True, found.centroid_lps_mm, found.max_diameter_mm) if found else None
