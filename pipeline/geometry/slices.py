"""From the places of single slices to one regular volume, or the reason why they are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.frames import Frame
from pipeline.geometry.grid import Grid

StackCode = Literal[
    "no_position", "mixed_size", "mixed_orientation", "tilted", "several_volumes",
    "doubled_slices", "missing_slices", "uneven_spacing", "too_few_slices",
]  # fmt: skip

DIRECTION_TOLERANCE = 1e-3
"""Largest difference of direction cosines within a volume (0.06 degrees); rounding is below."""
SPACING_TOLERANCE = 0.05
"""Largest deviation of a gap from the median gap, relative to it."""
SAME_PLACE_MM = 0.01
"""Slices closer than this lie at one place."""
_NAMED = 6
"""So many positions are named in a sentence; of more the rest is counted."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that form a regular volume.

    grid: array axes (column index, row index, slice), the last along row x column direction.
    order: indices of the given frames from first to last slice of that axis.
    thickness_mm: nominal slice thickness, None where the header is silent.
    """

    grid: Grid
    order: tuple[int, ...]
    thickness_mm: float | None

    @property
    def slice_spacing_mm(self) -> float:
        return self.grid.voxel_mm[2]

    @property
    def in_plane_mm(self) -> float:
        """The larger of the two edges of a pixel."""
        return max(self.grid.voxel_mm[:2])


@dataclass(frozen=True)
class StackProblem:
    """Why slices do not form a volume: a code and a sentence for people."""

    code: StackCode
    message: str


def stack_of(frames: Sequence[Frame]) -> Stack | StackProblem:
    """The regular volume that `frames`, in any order, form; SpacingBetweenSlices is not used."""
    if not frames:
        return StackProblem("no_position", "the header does not say where the slices lie")
    alike = _unlike(frames)
    if alike is not None:
        return alike
    if len(frames) == 1:
        return StackProblem("too_few_slices", "a single slice")
    positions = np.array([frame.position_lps for frame in frames])
    heights = positions @ _normal(frames[0])
    order = np.argsort(heights, kind="stable")
    problem = _uneven(heights[order]) or _crooked(positions[order], _normal(frames[0]))
    return problem or _stack(frames, positions, order)


def _stack(
    frames: Sequence[Frame], positions: NDArray[np.float64], order: NDArray[np.intp]
) -> Stack:
    first, last = positions[order[0]], positions[order[-1]]
    frame = frames[0]
    affine = np.eye(4)
    affine[:3, 0] = np.array(frame.along_row) * frame.column_spacing_mm
    affine[:3, 1] = np.array(frame.along_column) * frame.row_spacing_mm
    affine[:3, 2] = (last - first) / (len(frames) - 1)
    affine[:3, 3] = first
    grid = Grid((frame.columns, frame.rows, len(frames)), affine)
    return Stack(grid, tuple(int(index) for index in order), frame.thickness_mm)


def _normal(frame: Frame) -> NDArray[np.float64]:
    normal = np.cross(frame.along_row, frame.along_column)
    return np.asarray(normal / np.linalg.norm(normal))


def _unlike(frames: Sequence[Frame]) -> StackProblem | None:
    """Frames that differ in size or direction, or whose directions are not at right angles."""
    sizes = {
        (f.rows, f.columns, round(f.row_spacing_mm, 4), round(f.column_spacing_mm, 4))
        for f in frames
    }
    if len(sizes) > 1:
        return StackProblem("mixed_size", f"the slices have {len(sizes)} different sizes")
    directions = np.array([(*frame.along_row, *frame.along_column) for frame in frames])
    lengths = np.linalg.norm(directions.reshape(-1, 2, 3), axis=2)
    skew = np.abs((directions[:, :3] * directions[:, 3:]).sum(axis=1))
    if np.abs(lengths - 1).max() > DIRECTION_TOLERANCE or skew.max() > DIRECTION_TOLERANCE:
        return StackProblem("no_position", "the header gives impossible slice directions")
    if np.ptp(directions, axis=0).max() > DIRECTION_TOLERANCE:
        return StackProblem("mixed_orientation", "the slices point in different directions")
    return None


def _uneven(heights: NDArray[np.float64]) -> StackProblem | None:
    """Doubled, missing or irregular slices. heights: sorted, along the normal, mm."""
    gaps = np.diff(heights)
    if gaps.min() < SAME_PLACE_MM:
        return _repeated(heights)
    spacing = float(np.median(gaps))
    steps = gaps / spacing
    off = np.abs(steps - np.round(steps)) > SPACING_TOLERANCE * np.maximum(np.round(steps), 1)
    if off.any():
        text = f"the slices are {gaps.min():.2f} to {gaps.max():.2f} mm apart, unevenly"
        return StackProblem("uneven_spacing", f"{text} {_named(heights[1:][off])}")
    absent = _absent(heights, np.round(steps).astype(int))
    if len(absent):
        text = f"{len(absent)} missing among {len(heights)} slices that lie {spacing:.2f} mm apart"
        return StackProblem("missing_slices", f"{text}, {_named(absent)}")
    return None


def _absent(heights: NDArray[np.float64], steps: NDArray[np.intp]) -> NDArray[np.float64]:
    """Where slices are missing, mm along the normal. steps: from each slice to the next."""
    inner = [np.linspace(heights[k], heights[k + 1], n + 1)[1:-1] for k, n in enumerate(steps)]
    return np.concatenate(inner)


def _named(heights: NDArray[np.float64]) -> str:
    """Positions in words, mm along the normal of the slices."""
    shown = ", ".join(f"{height:.1f}" for height in heights[:_NAMED])
    more = f" and {len(heights) - _NAMED} more" if len(heights) > _NAMED else ""
    return f"at {shown} mm{more} along the slice direction"


def _repeated(heights: NDArray[np.float64]) -> StackProblem:
    """Several slices at one place: whole volumes over one another, or single doubled slices."""
    apart = np.diff(heights) >= SAME_PLACE_MM
    starts = np.flatnonzero(np.concatenate(([True], apart, [True])))
    counts = np.diff(starts)
    if counts.min() == counts.max():
        text = f"{counts[0]} images at every place (echoes, phases or time points)"
        return StackProblem("several_volumes", text)
    doubled = heights[starts[:-1]][counts > 1]
    places = "1 place has" if len(doubled) == 1 else f"{len(doubled)} places have"
    return StackProblem("doubled_slices", f"{places} several slices, {_named(doubled)}")


def _crooked(positions: NDArray[np.float64], normal: NDArray[np.float64]) -> StackProblem | None:
    """Slices that are shifted in their plane: a sheared volume, as from a tilted gantry."""
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    straight = positions[0] + np.arange(len(positions))[:, None] * step
    sideways = np.linalg.norm(step - normal * (step @ normal)) / np.linalg.norm(step)
    wander = np.linalg.norm(positions - straight, axis=1).max()
    if wander > 2 * SPACING_TOLERANCE * np.linalg.norm(step):
        return StackProblem(
            "uneven_spacing", f"slices lie up to {wander:.2f} mm beside their place"
        )
    if sideways > 10 * DIRECTION_TOLERANCE:
        angle = float(np.degrees(np.arcsin(sideways)))
        return StackProblem("tilted", f"the slices are sheared by {angle:.1f} degrees")
    return None
