"""The share of every label in every voxel of a subject, computed from its exact shapes.

What a perfect network would answer: from it the measurement can be judged alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid
from pipeline.phantom.brainfields import brain_fields
from pipeline.phantom.shapes import Shape, Union, Window
from pipeline.phantom.subject import Subject
from pipeline.phantom.tissues import Tissue
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

Shares = NDArray[np.float32]
_PARTS = 2
"""Each voxel edge is cut in so many parts, and in each part a surface counts as flat."""


def label_fractions(subject: Subject, grid: Grid) -> Shares:
    """Shares (9, *grid.shape) in the order of `Label`, summing to 1 in every voxel.

    grid: cubic voxels with axes along LPS, in either direction. Shapes lie over one another in
    the order in which `render.paint` lays them; in a voxel that holds two of them, the later
    one displaces what has no label first, since bodies lie beside each other.
    """
    flips = tuple(bool(grid.affine[axis, axis] < 0) for axis in range(3))
    upright = _along_lps(grid, flips)
    shares = np.zeros((len(Label), *grid.shape), dtype=np.float32)
    shares[Label.BRAINSTEM] = _brainstem(subject, upright)
    shares[Label.OTHER] = 1.0 - shares[Label.BRAINSTEM]
    for label, shapes in _layers(subject):
        if shapes:
            _lay(shares, label, Union(shapes), upright)
    flipped = tuple(1 + axis for axis in range(3) if flips[axis])
    return np.ascontiguousarray(np.flip(shares, flipped)) if flipped else shares


def _layers(subject: Subject) -> list[tuple[Label, list[Shape]]]:
    """What is laid, from the lowest layer to the topmost."""
    sides = [subject.sides[side] for side in SIDES]
    nerves = [side.nerve for side in sides]
    lesions = [subject.aneurysms[side] for side in SIDES]
    veins = [v.tube for v in subject.vessels if v.tissue == Tissue.VEIN]
    arteries = [v.tube for v in subject.vessels if v.tissue != Tissue.VEIN]
    return [
        (Label.VESTIBULOCOCHLEAR_NERVE, [side.eighth for side in sides]),
        (Label.TUMOUR, [side.mass.shape for side in sides if side.mass is not None]),
        (
            Label.FACIAL_NERVE_CISTERNAL,
            [nerve.between(nerve.zone_end_mm, nerve.porus_mm) for nerve in nerves],
        ),
        (Label.FACIAL_NERVE_REZ, [nerve.between(0.0, nerve.zone_end_mm) for nerve in nerves]),
        (Label.VEIN, list(veins)),
        (Label.ARTERY, list(arteries)),
        (Label.ANEURYSM, [lesion.shape for lesion in lesions if lesion is not None]),
    ]


def _along_lps(grid: Grid, flips: Sequence[bool]) -> Grid:
    """The same voxels with every axis in the direction of LPS."""
    turn = np.eye(4)
    for axis in range(3):
        if flips[axis]:
            turn[axis, axis], turn[axis, 3] = -1.0, grid.shape[axis] - 1
    return Grid(grid.shape, grid.affine @ turn)


def _brainstem(subject: Subject, grid: Grid) -> Shares:
    field = brain_fields(subject.brain, subject.cistern, grid, "cpu")[1].numpy()
    return np.asarray(np.clip(0.5 - field / np.float32(grid.voxel_mm[0]), 0.0, 1.0))


def _lay(shares: Shares, label: Label, shape: Shape, grid: Grid) -> None:
    """Lay a shape over what is there, in place."""
    low, high = shape.bounds()
    spacing = grid.voxel_mm[0]
    first = np.maximum(np.floor(grid.to_index(low - spacing)).astype(int), 0)
    last = np.minimum(np.ceil(grid.to_index(high + spacing)).astype(int) + 1, grid.shape)
    if (first >= last).any():
        return
    part = shares[:, first[0] : last[0], first[1] : last[1], first[2] : last[2]]
    added = _share(shape, grid, first, last)
    from_others = np.maximum(added - part[Label.OTHER], 0.0)
    labelled = np.maximum(1.0 - part[Label.OTHER], np.float32(1e-6))
    kept = 1.0 - np.minimum(from_others / labelled, 1.0)
    part[Label.OTHER] = np.maximum(part[Label.OTHER] - added, 0.0)
    part[1:] *= kept
    part[label] += added


def _share(shape: Shape, grid: Grid, first: NDArray[np.int64], last: NDArray[np.int64]) -> Shares:
    """Share of the shape in the voxels from `first` to `last` (exclusive)."""
    step = grid.voxel_mm[0] / _PARTS
    axes = [
        grid.affine[a, 3] + (np.arange(first[a] * _PARTS, last[a] * _PARTS) + 0.5) * step
        - 0.5 * grid.voxel_mm[0]
        for a in range(3)
    ]  # fmt: skip
    window = Window.empty(axes[0], axes[1], axes[2])
    shape.paint(window)
    fine = np.clip(0.5 - window.distance_mm.numpy() / np.float32(step), 0.0, 1.0)
    count = [n // _PARTS for n in fine.shape]
    blocks = fine.reshape(count[0], _PARTS, count[1], _PARTS, count[2], _PARTS)
    return np.asarray(blocks.mean(axis=(1, 3, 5)))
