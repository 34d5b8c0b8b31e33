"""The planes in which key images are cut: where they lie and what stands at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.geometry import Grid

Vector = NDArray[np.float64]

_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
"""Patient directions along +x, -x, +y, -y, +z, -z of LPS, in DICOM's letters."""
_NAMED_FROM = 0.35
"""Smallest part of a direction that is named beside the main one (sine of 20 degrees)."""
_LEAST_ACROSS = 0.2
"""Smallest part of the head's direction in a plane that can be drawn upright."""
_AXIAL_PULL_MM2 = 1.0
"""Draws the oblique plane towards the axial one where the nerve, being straight, leaves it open:
a nerve that leaves the plane by 1 mm weighs as much as the tilt to follow it."""


@dataclass(frozen=True, eq=False)
class ViewPlane:
    """A square picture in patient space (LPS mm).

    centre_lps: middle of the picture. rightwards, downwards: unit vectors in which the picture's
    columns and rows grow, at right angles. size_mm: edge length.
    """

    centre_lps: Vector
    rightwards: Vector
    downwards: Vector
    size_mm: float

    def grid(self, pixels: int) -> Grid:
        """The picture's pixels as a grid of shape (pixels, pixels, 1): column, row, nothing."""
        pixel_mm = self.size_mm / pixels
        affine = np.eye(4)
        affine[:3, 0] = pixel_mm * self.rightwards
        affine[:3, 1] = pixel_mm * self.downwards
        affine[:3, 2] = pixel_mm * np.cross(self.rightwards, self.downwards)
        half = pixel_mm * (pixels - 1) / 2
        affine[:3, 3] = self.centre_lps - half * (self.rightwards + self.downwards)
        return Grid((pixels, pixels, 1), affine)

    def letters(self) -> dict[str, str]:
        """What lies at the edges `left`, `right`, `top` and `bottom` of the picture."""
        return {
            "left": direction_letters(-self.rightwards),
            "right": direction_letters(self.rightwards),
            "top": direction_letters(-self.downwards),
            "bottom": direction_letters(self.downwards),
        }


def axial(centre_lps: ArrayLike, size_mm: float) -> ViewPlane:
    """The axial plane in the radiological convention: patient's right on the left, front on top."""
    centre = np.asarray(centre_lps, dtype=np.float64)
    return ViewPlane(centre, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), size_mm)


def along_nerve(point_lps: ArrayLike, nerve_lps: Sequence[ArrayLike], size_mm: float) -> ViewPlane:
    """The plane through `point_lps` that holds the nerve best, as near to axial as it allows.

    nerve_lps: points of the nerve from exit point to porus, LPS mm. The picture is laid out like
    an axial one. Without points it is the axial plane.
    """
    point = np.asarray(point_lps, dtype=np.float64)
    if len(nerve_lps) == 0:
        return axial(point, size_mm)
    offsets = np.asarray(nerve_lps, dtype=np.float64) - point
    scatter = offsets.T @ offsets / len(offsets)
    weights = scatter + _AXIAL_PULL_MM2 * np.diag([1.0, 1.0, 0.0])
    normal = np.linalg.eigh(weights)[1][:, 0]
    return _laid_out(point, normal, size_mm)


def across_nerve(point_lps: ArrayLike, tangent: ArrayLike, size_mm: float) -> ViewPlane:
    """The plane through `point_lps` at right angles to the nerve, laid out with the head on top.

    tangent: direction of the nerve there, LPS. The patient's left lies on the right of the
    picture, so that both sides look like mirror images.
    """
    direction = np.asarray(tangent, dtype=np.float64)
    normal = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    if np.linalg.norm(up) < _LEAST_ACROSS:  # the nerve climbs steeply: the front stands on top
        up = np.array([0.0, -1.0, 0.0]) + normal[1] * normal
    up /= np.linalg.norm(up)
    rightwards = np.cross(normal, up)
    if rightwards[0] < 0:
        rightwards = -rightwards
    return ViewPlane(np.asarray(point_lps, dtype=np.float64), rightwards, -up, size_mm)


def direction_letters(direction: Vector) -> str:
    """A unit vector (LPS) in one to three letters, the main direction first."""
    order = np.argsort(-np.abs(direction), kind="stable")
    named = [axis for axis in order if abs(direction[axis]) >= _NAMED_FROM]
    return "".join(_LETTERS[axis][int(direction[axis] < 0)] for axis in named)


def _laid_out(centre: Vector, normal: Vector, size_mm: float) -> ViewPlane:
    """Columns towards the patient's left; rows to the back, or to the feet in an upright plane.

    Only a plane that is upright within 20 degrees has the head on top: both sides of a patient
    are then laid out alike although their nerves climb differently.
    """
    across = np.array([1.0, 0.0, 0.0]) - normal[0] * normal
    rightwards = across / np.linalg.norm(across)
    downwards = np.cross(normal, rightwards)
    main = 1 if abs(downwards[1]) >= _NAMED_FROM else 2
    wanted = 1.0 if main == 1 else -1.0
    return ViewPlane(centre, rightwards, downwards * np.sign(downwards[main]) * wanted, size_mm)
