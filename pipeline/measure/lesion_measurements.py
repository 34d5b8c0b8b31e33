"""What is recorded of a mass and of an aneurysm."""

from __future__ import annotations

import math

from pipeline.measure.arteries import ArterialTree
from pipeline.measure.canal import Canal, in_canal_mm
from pipeline.measure.contact import as_point
from pipeline.measure.enhancement import ContrastImage, enhancement
from pipeline.measure.lesions import Lesion
from pipeline.measure.naming import UNNAMED
from pipeline.measure.openings import Opening, kind_of, openings, parent_diameter_mm
from pipeline.measure.trunks import Trunks
from pipeline.measure.wide_arteries import TRUNK_DIAMETER_MM
from pipeline.records.findings import VesselName
from pipeline.records.labels import Label
from pipeline.records.measurements import AneurysmMeasurement, MassMeasurement


def mass_measurement(
    lesion: Lesion, canal: Canal | None, contrast: ContrastImage | None
) -> MassMeasurement:
    """canal: None where the porus or the midline is unknown. contrast: None without T1c."""
    return MassMeasurement(
        volume_mm3=lesion.volume_mm3,
        max_diameter_mm=lesion.max_diameter_mm,
        centroid_lps_mm=as_point(lesion.centroid_lps),
        mean_probability=lesion.mean_probability,
        in_canal_mm=in_canal_mm(lesion, canal) if canal else None,
        enhancement=_enhancement(lesion, contrast) if contrast else None,
    )


def aneurysm_measurement(
    lesion: Lesion, tree: ArterialTree | None, wide: Trunks
) -> AneurysmMeasurement:
    """tree: the arteries of the crop that shows it, None where they cannot be named."""
    found = openings(lesion.soft, lesion.mask)
    return AneurysmMeasurement(
        volume_mm3=lesion.volume_mm3,
        max_diameter_mm=lesion.max_diameter_mm,
        centroid_lps_mm=as_point(lesion.centroid_lps),
        mean_probability=lesion.mean_probability,
        neck_mm=None,
        roundness=_roundness(lesion),
        parent_vessel=_parent(lesion, found, tree, wide),
        kind=kind_of(lesion.soft, lesion.mask, found),
    )


def _roundness(lesion: Lesion) -> float:
    """Diameter of the ball with its volume over its largest diameter: 1 for a ball."""
    return math.cbrt(6.0 * lesion.volume_mm3 / math.pi) / lesion.max_diameter_mm


def _parent(
    lesion: Lesion, found: list[Opening], tree: ArterialTree | None, wide: Trunks
) -> VesselName | None:
    """A trunk where one passes an opening, else the branch whose path back is the surest."""
    names = []
    for opening in found:
        place = lesion.soft.to_lps(opening.centre)
        calibre = parent_diameter_mm(lesion.soft, lesion.mask, opening)
        trunk = wide.name_near(place)
        if calibre is not None and calibre > TRUNK_DIAMETER_MM and trunk is not None:
            return trunk
        names.append(tree.name_at(place, calibre) if tree else UNNAMED)
    return max(names, key=lambda name: name.probability or 0.0).name if names else None


def _enhancement(lesion: Lesion, contrast: ContrastImage) -> float | None:
    brainstem = lesion.soft.likeliest() == Label.BRAINSTEM
    return enhancement(contrast(lesion.grid), lesion.mask, brainstem)
