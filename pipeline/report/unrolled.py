"""The curved view: the nerve unrolled from exit point to porus, with what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Volume
from pipeline.records.findings import SideFindings
from pipeline.records.labels import Label
from pipeline.report.nerve_course import Course, course
from pipeline.report.slices import Outline
from pipeline.report.view_plane import direction_letters

BEYOND_MM = 3.0
"""How far the view goes on before the exit point and behind the porus."""
HALF_HEIGHT_MM = 8.0
_LEAST_OFFSET_MM = 0.2
"""A narrowest place nearer to the centreline than this gives no direction to look in."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A curved surface through the nerve.

    points_lps: LPS mm, shape (rows, columns, 3); columns run from brainstem to canal.
    pixel_mm: edge of a pixel. first_mm: arc length at the middle of the first column.
    top, bottom: patient directions at the narrowest place.
    """

    points_lps: NDArray[np.float64]
    pixel_mm: float
    first_mm: float
    top: str
    bottom: str


def length_mm(side: SideFindings) -> float | None:
    """How long the unrolled view of a side is; None where its nerve was not followed."""
    nerve = course(side)
    return None if nerve is None else float(nerve.along_mm[-1]) + 2 * BEYOND_MM


def unrolled(side: SideFindings, width_mm: float, pixel_mm: float) -> Unrolled | None:
    """The view that holds the narrowest place; None where the nerve was not followed.

    The direction across the nerve is the one towards the nearest vessel at the narrowest place,
    carried along the nerve without a twist, so that this vessel lies in the view.
    """
    nerve = course(side)
    if nerve is None:
        return None
    along = np.arange(0.0, width_mm, pixel_mm) - BEYOND_MM + pixel_mm / 2
    at_mm = side.vessel_contact.distance_from_rexp_mm or 0.0
    upwards = _across(nerve, along, at_mm, _wanted(nerve, side, at_mm))
    rows = HALF_HEIGHT_MM - pixel_mm / 2 - np.arange(0.0, 2 * HALF_HEIGHT_MM, pixel_mm)
    points = nerve.at(along)[None, :, :] + rows[:, None, None] * upwards[None, :, :]
    middle = upwards[int(np.argmin(np.abs(along - at_mm)))]
    return Unrolled(
        points, pixel_mm, float(along[0]), direction_letters(middle), direction_letters(-middle)
    )


def sampled(
    volume: Volume, points_lps: NDArray[np.float64], outside: float = 0.0
) -> NDArray[np.float32]:
    """Linear interpolation at LPS points of the volume's own frame; shape of the points."""
    index = np.moveaxis(volume.grid.to_index(points_lps), -1, 0)
    values = ndimage.map_coordinates(
        np.asarray(volume.array, dtype=np.float32), index, order=1, cval=outside
    )
    return np.asarray(values, dtype=np.float32)


def unrolled_outlines(labels: Volume, view: Unrolled) -> list[tuple[Label, list[Outline]]]:
    """Outlines of every label in the view: column and row as shares of width and height."""
    from skimage.measure import find_contours

    rows, columns = view.points_lps.shape[:2]
    found: list[tuple[Label, list[Outline]]] = []
    for label in Label:
        if label is Label.OTHER:
            continue
        mask = Volume((labels.array == label).astype(np.float32), labels.grid)
        if not mask.array.any():
            continue
        contours = find_contours(sampled(mask, view.points_lps), 0.5)
        lines = [(line[:, ::-1] + 0.5) / (columns, rows) for line in contours]
        if lines:
            found.append((label, lines))
    return found


def _wanted(nerve: Course, side: SideFindings, at_mm: float) -> NDArray[np.float64]:
    """Towards the nearest vessel; towards the head where that is not known."""
    point = side.vessel_contact.point_lps_mm
    up = np.array([0.0, 0.0, 1.0])
    if point is None:
        return up
    offset = np.asarray(point) - nerve.at(at_mm)
    return offset if np.linalg.norm(offset) > _LEAST_OFFSET_MM else up


def _across(
    nerve: Course, along_mm: NDArray[np.float64], at_mm: float, wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vectors across the nerve at arc lengths, shape (N, 3), one turned into the next."""
    start = int(np.argmin(np.abs(along_mm - at_mm)))
    vectors = np.empty((len(along_mm), 3))
    vectors[start] = _at_right_angles(wanted, nerve.tangent(float(along_mm[start])))
    for order in (range(start + 1, len(along_mm)), range(start - 1, -1, -1)):
        previous = vectors[start]
        for number in order:
            previous = _at_right_angles(previous, nerve.tangent(float(along_mm[number])))
            vectors[number] = previous
    return vectors if vectors[start][2] >= 0 else -vectors


def _at_right_angles(
    vector: NDArray[np.float64], tangent: NDArray[np.float64]
) -> NDArray[np.float64]:
    rest = vector - (vector @ tangent) * tangent
    size = np.linalg.norm(rest)
    if size < 1e-6:  # along the nerve itself: any other direction will do
        rest = np.array([0.0, 1.0, 0.0]) - tangent[1] * tangent
        size = np.linalg.norm(rest)
    return np.asarray(rest / size)
