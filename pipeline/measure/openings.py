"""Where an aneurysm opens into arteries: that tells its kind, and from which artery it comes.

The width of the label's border is no measure of a neck: networks lay a shell of artery around
what they call aneurysm.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.measure.soft_labels import Points, SoftLabels
from pipeline.measure.wide_arteries import POSSIBLE, TRUNK_DIAMETER_MM, soft_radius_mm
from pipeline.records.findings import AneurysmKind
from pipeline.records.labels import Label

_MIN_FACES = 6
"""Fewer faces between voxels are a touch, not an opening: 1 mm2 at 0.4 mm."""
_OPPOSITE_DEG = 120.0
"""A fusiform aneurysm lies in its artery: that opens into it on opposite sides."""
_ALIKE = 0.5
"""Least ratio of the two openings of one artery."""
_FUSIFORM = 1.5
"""Least ratio of its width to the artery's calibre (output contract)."""
_PARENT_WITHIN_MM = (0.5, 3.5)
"""Distance from an opening at which the artery's calibre is read."""
_AXIS_PERCENTILE = 90.0
"""Of the calibres read off an artery's voxels, those on its axis are the largest."""


@dataclass(frozen=True, eq=False)
class Opening:
    """centre: crop mm, (3,). width_mm: its longer diameter."""

    centre: Points
    width_mm: float


def openings(soft: SoftLabels, sac: NDArray[np.bool_]) -> list[Opening]:
    """Where a sac (a mask on the crop) borders on artery, widest first.

    The faces that voxels of both share are taken as an evenly filled ellipse, whose longer
    diameter is four standard deviations.
    """
    artery = (soft.likeliest() == Label.ARTERY) & ~sac
    touching = sac & ndimage.binary_dilation(artery)
    patches = cc3d.connected_components(touching.astype(np.uint8), connectivity=26)
    faces = _faces(sac, artery)
    owner = patches[tuple(np.round(faces.inside).astype(int).T)]
    found = []
    for number in np.unique(owner):
        points = faces.middle[owner == number] * soft.spacing_mm
        if len(points) >= _MIN_FACES:
            spread = float(np.linalg.eigvalsh(np.cov(points.T))[-1])
            found.append(Opening(points.mean(axis=0), 4.0 * spread**0.5))
    return sorted(found, key=lambda opening: -opening.width_mm)


def kind_of(soft: SoftLabels, sac: NDArray[np.bool_], found: list[Opening]) -> AneurysmKind | None:
    """Saccular with one opening, fusiform between two opposite ones; None where neither is plain.

    Fusiform ones are called on vertebral and basilar arteries only: a sac on a
    branch is wider than the branch, and lies on both sides of it.
    """
    if len(found) == 1:
        return "saccular"
    if len(found) != 2:
        return None
    centre = np.argwhere(sac).mean(axis=0) * soft.spacing_mm
    first, second = (_unit(opening.centre - centre) for opening in found)
    apart = float(np.degrees(np.arccos(np.clip(first @ second, -1.0, 1.0))))
    parent = parent_diameter_mm(soft, sac, found[0])
    if parent is None or parent < TRUNK_DIAMETER_MM or apart < _OPPOSITE_DEG:
        return None
    if found[1].width_mm < _ALIKE * found[0].width_mm:
        return None
    return "fusiform" if _width_mm(soft, sac) >= _FUSIFORM * parent else None


def parent_diameter_mm(soft: SoftLabels, sac: NDArray[np.bool_], opening: Opening) -> float | None:
    """Calibre of the artery beside an opening, mm; None where none is seen."""
    share = soft.share(Label.ARTERY)
    radius = soft_radius_mm(share, soft.spacing_mm)
    voxels = np.argwhere((share > POSSIBLE) & ~sac)
    away = np.linalg.norm(voxels * soft.spacing_mm - opening.centre, axis=1)
    near = voxels[(away >= _PARENT_WITHIN_MM[0]) & (away <= _PARENT_WITHIN_MM[1])]
    if len(near) == 0:
        return None
    return 2.0 * float(np.percentile(radius[tuple(near.T)], _AXIS_PERCENTILE))


@dataclass(frozen=True, eq=False)
class _Faces:
    """Faces between voxels. inside: index of the sac's voxel. middle: of the face; (F, 3)."""

    inside: Points
    middle: Points


def _faces(sac: NDArray[np.bool_], artery: NDArray[np.bool_]) -> _Faces:
    inside, middle = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for axis in range(3):
        for step in (-1, 1):
            shift = np.eye(3)[axis] * step
            beyond = np.roll(artery, -step, axis=axis)
            edge = [slice(None)] * 3
            edge[axis] = slice(-1, None) if step > 0 else slice(0, 1)
            beyond[tuple(edge)] = False
            voxels = np.argwhere(sac & beyond).astype(np.float64)
            inside.append(voxels)
            middle.append(voxels + 0.5 * shift)
    return _Faces(np.concatenate(inside), np.concatenate(middle))


def _width_mm(soft: SoftLabels, sac: NDArray[np.bool_]) -> float:
    """Diameter of the largest ball inside a mask."""
    return 2.0 * soft.spacing_mm * float(ndimage.distance_transform_edt(np.pad(sac, 1)).max())


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
