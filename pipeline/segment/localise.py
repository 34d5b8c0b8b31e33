"""From heatmaps to the landmarks of each side, or to the reasons why a side has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NotAssessableError
from pipeline.geometry import Grid, Volume
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Reason
from pipeline.records.landmarks import SideLandmarks
from pipeline.segment.engine import Engine
from pipeline.segment.orientation import contradicts_header, heatmaps
from pipeline.segment.peaks import CHANNELS, find_peak
from pipeline.segment.sampling import network_image, upright_grid
from pipeline.settings import SegmentSettings

_EDGE_MM = 3.0
"""A root exit zone closer to the image's edge has its surroundings cut off."""
_VAGUE_MM = 10.0
"""How exactly its place is known follows the height of the peaks: for peaks of height h, this times
1 - h is added to the distance from the edge. Where a slab misses it, the network shows it at the
edge, with lower peaks (docs/adr/0008-images-that-mislead.md)."""
_PORUS_EDGE_MM = 2.0
_FAINT = 0.05
"""A peak this high at the edge tells that the landmark lies just outside."""
_SURE = 0.4
"""Where nothing is located anyway, a turned copy must show its landmarks at least so clearly to be
believed: weak peaks appear in any slab that misses them (whole slabs of five test studies: 0.65 to
0.8; the sample without root exit zones, turned: 0.25 to 0.33)."""
_REZ_DISTANCE_MM = (15.0, 45.0)
"""Between the root exit zones of both sides; the pons is 25 to 38 mm wide there."""
_NERVE_MM = (4.0, 32.0)
"""From root exit zone to porus; cisternal nerves are 9 to 26 mm long."""
_MIN_BRAINSTEM_MM3 = 1000.0


@dataclass(frozen=True, eq=False)
class Landmark:
    """A peak in the patient: LPS mm, and its height 0..1.

    edge_mm: to the nearest face of the scanned image, negative outside.
    """

    point_lps: NDArray[np.float64]
    confidence: float
    edge_mm: float


@dataclass(frozen=True, eq=False)
class LocaliserOutput:
    """landmarks: by the names of CHANNELS. brainstem_lps: its centroid, None if not seen."""

    landmarks: dict[str, Landmark]
    brainstem_lps: NDArray[np.float64] | None


@dataclass(frozen=True)
class Sides:
    """Sides with plausible landmarks, and for each other side why it has none."""

    found: dict[Side, SideLandmarks]
    reasons: dict[Side, tuple[Reason, ...]]


def localise(reference: Volume, engine: Engine, settings: SegmentSettings) -> Sides:
    """Run the localiser on the reference image and judge what it found.

    Raises NotAssessableError `image_contradicts_header` where the picture lies turned over.
    """
    grid = upright_grid(reference.grid, settings.localiser_spacing_mm)
    image = network_image(reference, grid)
    maps = heatmaps(image, engine)
    sides = plausible_sides(read_maps(maps, grid, reference.grid), settings)
    least = settings.min_landmark_confidence if sides.found else _SURE
    if contradicts_header(image, maps, engine, least):
        raise NotAssessableError(
            "image_contradicts_header",
            "The landmarks fit the picture clearly better when it is turned over: head and feet, "
            "or front and back, seem to be exchanged against what its header says, so left and "
            "right cannot be trusted. Nothing was measured. Check how the series was stored, "
            "exported or converted, and that it shows the cerebellopontine angles.",
        )
    return sides


def read_maps(maps: NDArray[np.float32], grid: Grid, scanned: Grid) -> LocaliserOutput:
    """Landmarks and brainstem from the network's outputs (5, X, Y, Z), each 0..1.

    grid: of the maps. scanned: of the image itself, whose edge a landmark may be close to.
    """
    landmarks = {}
    for name, heatmap in zip(CHANNELS, maps, strict=False):
        peak = find_peak(heatmap)
        point = grid.to_lps(peak.index)
        landmarks[name] = Landmark(point, peak.height, _edge_mm(point, scanned))
    return LocaliserOutput(landmarks, _centroid(maps[len(CHANNELS)], grid))


def _edge_mm(point_lps: NDArray[np.float64], scanned: Grid) -> float:
    index = scanned.to_index(point_lps)
    voxels = np.minimum(index + 0.5, np.array(scanned.shape) - 0.5 - index)
    return float((voxels * scanned.voxel_mm).min())


def _centroid(brainstem: NDArray[np.float32], grid: Grid) -> NDArray[np.float64] | None:
    inside = np.argwhere(brainstem > 0.5)
    if len(inside) * grid.voxel_volume_mm3 < _MIN_BRAINSTEM_MM3:
        return None
    return grid.to_lps(inside.mean(axis=0))


def plausible_sides(output: LocaliserOutput, settings: SegmentSettings) -> Sides:
    """Keep the sides whose landmarks were found and lie where anatomy allows."""
    reasons: dict[Side, list[Reason]] = {
        side: _reasons(output, side, settings.min_landmark_confidence) for side in SIDES
    }
    if not any(reasons.values()) and not _mirror_images(output, settings):
        reasons = {side: ["landmarks_implausible"] for side in SIDES}
    found = {side: _side_landmarks(output, side) for side in SIDES if not reasons[side]}
    return Sides(found, {side: tuple(why) for side, why in reasons.items() if why})


def _reasons(output: LocaliserOutput, side: Side, least: float) -> list[Reason]:
    """What is wrong with one side's landmarks, looked at alone."""
    rez, porus = (output.landmarks[f"{side}_{name}"] for name in ("rez", "porus"))
    clear = min(rez.confidence, porus.confidence)
    if _is_cut_off(rez, _EDGE_MM) or _is_cut_off(porus, _PORUS_EDGE_MM):
        return ["outside_slab"]
    if clear < least:
        return ["landmarks_not_found"]
    if _is_cut_off(rez, _EDGE_MM + _VAGUE_MM * (1.0 - clear)):
        return ["outside_slab"]
    outward = 1.0 if side == "left" else -1.0  # LPS: the patient's left is +x
    length = float(np.linalg.norm(porus.point_lps - rez.point_lps))
    lateral = (porus.point_lps - rez.point_lps)[0] * outward > 0
    if not lateral or not _NERVE_MM[0] <= length <= _NERVE_MM[1]:
        return ["landmarks_implausible"]
    stem = output.brainstem_lps
    if stem is not None and (rez.point_lps - stem)[0] * outward <= 0:
        return ["landmarks_implausible"]
    return []


def _is_cut_off(mark: Landmark, margin_mm: float) -> bool:
    return mark.edge_mm < margin_mm and mark.confidence >= _FAINT


def _mirror_images(output: LocaliserOutput, settings: SegmentSettings) -> bool:
    """Whether left and right lie at a credible distance, at like height and depth."""
    rez, porus = (
        output.landmarks[f"left_{name}"].point_lps - output.landmarks[f"right_{name}"].point_lps
        for name in ("rez", "porus")
    )
    asymmetry = max(np.abs(rez[1:]).max(), np.abs(porus[1:]).max())
    near, far = _REZ_DISTANCE_MM
    return bool(near <= rez[0] <= far and asymmetry <= settings.max_side_asymmetry_mm)


def _side_landmarks(output: LocaliserOutput, side: Side) -> SideLandmarks:
    rez, porus = (output.landmarks[f"{side}_{name}"] for name in ("rez", "porus"))
    return SideLandmarks(
        rez_lps_mm=tuple(rez.point_lps.tolist()),
        rez_confidence=min(rez.confidence, 1.0),
        porus_lps_mm=tuple(porus.point_lps.tolist()),
        porus_confidence=min(porus.confidence, 1.0),
    )
