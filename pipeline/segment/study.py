"""The core of stage segment: prepared volumes in, landmarks and soft labels out; no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NotAssessableError
from pipeline.geometry import Grid, Volume, side_crop
from pipeline.records.base import Side
from pipeline.records.landmarks import Localisation, SideLandmarks
from pipeline.records.volumes import IMAGE_ROLES, ImageRole
from pipeline.segment.coverage import covering
from pipeline.segment.labels import label_image
from pipeline.segment.localise import localise
from pipeline.segment.networks import Networks
from pipeline.segment.sampling import PlacedVolume, network_image
from pipeline.segment.soft import Probabilities, side_probabilities
from pipeline.settings import SegmentSettings


@dataclass(frozen=True, eq=False)
class SegmentedStudy:
    """sides: soft labels and crop grid of each side found. labels: on the reference grid.

    covered: the sequences that show the surroundings of each side's root exit zone.
    """

    localisation: Localisation
    covered: dict[Side, tuple[ImageRole, ...]]
    sides: dict[Side, tuple[Probabilities, Grid]]
    labels: Volume


def segment_study(
    case: str,
    volumes: Mapping[ImageRole, PlacedVolume],
    reference: ImageRole,
    networks: Networks,
    settings: SegmentSettings,
) -> SegmentedStudy:
    """Find both sides and label the crop around each.

    Raises NotAssessableError `rez_not_in_image` where neither side can be found.
    """
    base = volumes[reference].volume
    found = localise(base, networks.localiser, settings)
    if not found.found:
        raise _nothing_found({why for reasons in found.reasons.values() for why in reasons})
    sides = {
        side: _segment_side(crop_grid(landmarks, side, settings), volumes, networks, settings)
        for side, landmarks in found.found.items()
    }
    reasons: dict[Side, tuple[str, ...]] = dict(found.reasons)
    return SegmentedStudy(
        Localisation(case=case, sides=found.found, reasons=reasons),
        {side: covering(marks.rez_lps_mm, volumes) for side, marks in found.found.items()},
        sides,
        Volume(label_image(sides, base.grid), base.grid),
    )


def crop_grid(landmarks: SideLandmarks, side: Side, settings: SegmentSettings) -> Grid:
    """The side's crop, centred midway between root exit zone and porus."""
    centre = (np.array(landmarks.rez_lps_mm) + np.array(landmarks.porus_lps_mm)) / 2
    return side_crop(centre, side, settings.crop_size_mm, settings.crop_spacing_mm)


def crop_images(volumes: Mapping[ImageRole, PlacedVolume], crop: Grid) -> NDArray[np.float32]:
    """All sequences on a crop, (3, N, N, N) in the order of IMAGE_ROLES; a missing one is 0."""
    channels = np.zeros((len(IMAGE_ROLES), *crop.shape), dtype=np.float32)
    for channel, role in enumerate(IMAGE_ROLES):
        placed = volumes.get(role)
        if placed is not None:
            channels[channel] = network_image(placed.volume, crop, placed.reference_to_volume_lps)
    return channels


def _segment_side(
    crop: Grid,
    volumes: Mapping[ImageRole, PlacedVolume],
    networks: Networks,
    settings: SegmentSettings,
) -> tuple[Probabilities, Grid]:
    def images(grid: Grid) -> NDArray[np.float32]:
        return crop_images(volumes, grid)

    probabilities = side_probabilities(
        images, crop, networks.segmenter, settings.test_time_variants
    )
    return probabilities, crop


def _nothing_found(reasons: set[str]) -> NotAssessableError:
    why = {
        "outside_slab": "they lie beyond the edge of the imaged slab, or too near it",
        "landmarks_implausible": "what was found lies where no root exit zone can be",
    }
    told = [text for code, text in why.items() if code in reasons]
    detail = "; ".join(told) or "the imaged slab probably does not reach them"
    return NotAssessableError(
        "rez_not_in_image",
        f"The root exit zone of the facial nerve was not found on either side: {detail}. "
        "Check that the thin-slice series covers the level where pons and medulla meet.",
    )
