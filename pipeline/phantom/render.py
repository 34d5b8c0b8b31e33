"""Painting a subject onto a grid: brightness in several sequences at once, and labels.

Surfaces are signed distances, so a voxel on a boundary gets the exact share of each side to
first order (partial volume); the grid should be about half the finest acquired voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.appearance import Appearance
from pipeline.phantom.marrow import MarrowSpace
from pipeline.phantom.shapes import Shape, Tube, Window
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.subject import Subject
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

_FIELD_STEP_MM = 1.0
"""Brain and dura are smooth: their fields are computed this coarsely and interpolated."""


@dataclass(frozen=True, eq=False)
class Painting:
    """images: (number of appearances, *grid.shape) brightness. labels: Label numbers."""

    grid: Grid
    images: NDArray[np.float32]
    labels: NDArray[np.uint8]


def paint(
    subject: Subject,
    grid: Grid,
    appearances: Sequence[Appearance],
    marrow: Sequence[MarrowSpace] = (),
) -> Painting:
    """Paint the subject, with marrow in the bone, on a grid with axes along +LPS."""
    rng = np.random.default_rng([subject.seed, 77])
    canvas = _Canvas(grid, appearances)
    _background(canvas, subject, marrow, rng)
    for side in SIDES:
        _canal_and_nerves(canvas, subject.sides[side])
    for vessel in sorted(subject.vessels, key=lambda v: v.tissue != Tissue.VEIN):
        brightness = [a.of_vessel(vessel, rng) for a in appearances]
        label = Label.VEIN if vessel.tissue == Tissue.VEIN else Label.ARTERY
        canvas.vessel(vessel, brightness, label)
    for lesion in subject.aneurysms.values():
        if lesion is not None:
            canvas.solid(lesion.shape, Tissue.ANEURYSM, Label.ANEURYSM, mottle=(0.15, rng))
    return Painting(grid, canvas.images, canvas.labels)


class _Canvas:
    """The grid under work: brightness by appearance, and labels."""

    def __init__(self, grid: Grid, appearances: Sequence[Appearance]) -> None:
        self.grid = grid
        self.appearances = appearances
        self.images: NDArray[np.float32] = np.zeros(
            (len(appearances), *grid.shape), dtype=np.float32
        )
        self.labels = np.zeros(grid.shape, dtype=np.uint8)
        steps = np.diag(grid.affine[:3, :3])
        self.axes = [grid.affine[a, 3] + steps[a] * np.arange(grid.shape[a]) for a in range(3)]
        self.voxel_mm = float(steps.mean())

    def blend(self, share: NDArray[np.float32], tissue: Tissue, label: Label | None) -> None:
        """Lay a tissue over the whole grid with the given share of each voxel (0..1)."""
        for image, appearance in zip(self.images, self.appearances, strict=True):
            np.add(image, share * (np.float32(appearance.signal[tissue]) - image), out=image)
        if label is not None:
            self.labels[share >= 0.5] = label

    def fill(self, tissue: NDArray[np.uint8]) -> None:
        """Start the whole grid from one tissue per voxel, without label."""
        for image, appearance in zip(self.images, self.appearances, strict=True):
            image[...] = appearance.signal.astype(np.float32)[tissue]

    def solid(
        self,
        shape: Shape,
        tissue: Tissue,
        label: Label | None,
        mottle: tuple[float, np.random.Generator] | None = None,
    ) -> None:
        """Lay a shape of one tissue; `mottle` = (relative spread, rng) gives it a texture."""
        self.lay(shape, [a.signal[tissue] for a in self.appearances], label, mottle)

    def lay(
        self,
        shape: Shape,
        brightness: Sequence[float],
        label: Label | None,
        mottle: tuple[float, np.random.Generator] | None = None,
    ) -> None:
        """Lay a shape of the given brightness in each appearance."""
        window, region = self._window(shape)
        if window is None:
            return
        share = self._share(window)
        texture = np.ones((1, 1, 1), dtype=np.float32)
        if mottle is not None:
            texture = _texture(share.shape, mottle[0], 1.2 / self.voxel_mm, mottle[1])
        for image, value in zip(self.images, brightness, strict=True):
            target = np.float32(value) * texture
            image[region] += share * (target - image[region])
        if label is not None:
            self.labels[region][share >= 0.5] = label

    def vessel(self, vessel: Vessel, brightness: list[NDArray[np.float64]], label: Label) -> None:
        """Lay a vessel whose brightness changes along its course, for each appearance."""
        positions = np.arange(len(vessel.tube.points), dtype=np.float64)
        tube = Tube(vessel.tube.points, vessel.tube.radii, positions)
        window, region = self._window(tube)
        if window is None:
            return
        share = self._share(window)
        touched = share > 0
        along = window.value[touched]
        for image, values in zip(self.images, brightness, strict=True):
            target = np.interp(along, positions, values).astype(np.float32)
            part = image[region]
            part[touched] += share[touched] * (target - part[touched])
        self.labels[region][share >= 0.5] = label

    def _window(self, shape: Shape) -> tuple[Window | None, tuple[slice, ...]]:
        low, high = shape.bounds()
        region = tuple(
            slice(*np.searchsorted(axis, (lower - 1.0, upper + 1.0)))
            for axis, lower, upper in zip(self.axes, low, high, strict=True)
        )
        x, y, z = (axis[part] for axis, part in zip(self.axes, region, strict=True))
        if min(len(x), len(y), len(z)) == 0:
            return None, region
        size = (len(x), len(y), len(z))
        far = np.full(size, 9.0, dtype=np.float32)
        window = Window(x, y, z, far, np.zeros(size, dtype=np.float32))
        shape.paint(window)
        return window, region

    def _share(self, window: Window) -> NDArray[np.float32]:
        share = 0.5 - window.distance_mm / np.float32(self.voxel_mm)
        return np.asarray(np.clip(share, 0.0, 1.0))


def _background(
    canvas: _Canvas, subject: Subject, marrow: Sequence[MarrowSpace], rng: np.random.Generator
) -> None:
    """Skull base with its marrow, cerebrospinal fluid and brain."""
    brain, stem, white, wall, head = _fields(canvas.grid, subject)
    _skull_base(canvas, wall, head, rng)
    for space in marrow:
        canvas.lay(space.shape, [space.brightness(a) for a in canvas.appearances], None)
    sharp = np.float32(max(canvas.voxel_mm, 0.3))
    canvas.blend(np.clip(0.5 - wall / sharp, 0.0, 1.0), Tissue.CSF, Label.OTHER)
    folia = _texture(canvas.grid.shape, 0.45, 2.2 / canvas.voxel_mm, rng) - 1.0
    brain = np.where(stem < 1.5, brain, brain + np.maximum(folia, 0.0))
    inside = np.clip(0.5 - brain / sharp, 0.0, 1.0)
    for tissue, share in ((Tissue.GREY_MATTER, inside), (Tissue.WHITE_MATTER, inside * white)):
        canvas.blend(share, tissue, Label.OTHER)
    canvas.labels[(stem < 0) & (inside >= 0.5)] = Label.BRAINSTEM


def _fields(grid: Grid, subject: Subject) -> list[NDArray[np.float32]]:
    """brain, brainstem, white share, dura and head-outline fields, interpolated to the grid."""
    coarse = field_grid(grid)
    points = coarse.to_lps(np.moveaxis(np.indices(coarse.shape), 0, -1))
    brain, stem, white = subject.brain.fields(points)
    wall = subject.cistern.wall_mm(points, brain)
    scaled = points / subject.brain.scale
    outline = np.sqrt((scaled[..., 0] / 76) ** 2 + ((scaled[..., 1] - 10) / 98) ** 2)
    fields = (brain, stem, white, wall, (outline - 1.0) * 80.0)
    return [resample(Volume(f.astype(np.float32), coarse), grid).array for f in fields]


def field_grid(grid: Grid) -> Grid:
    """A coarse grid around one whose axes run along LPS: the brain's fields are smooth."""
    span = np.array(grid.shape) * np.array(grid.voxel_mm)
    count = np.ceil(span / _FIELD_STEP_MM).astype(int) + 3
    affine = np.diag([_FIELD_STEP_MM] * 3 + [1.0])
    affine[:3, 3] = grid.affine[:3, 3] - _FIELD_STEP_MM
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)


def _skull_base(
    canvas: _Canvas, wall: NDArray[np.float32], head: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Everything outside the dura: compact bone, then a random mixture, then skin and air."""
    shape = canvas.grid.shape
    cells = _texture(shape, 1.0, 3.5 / canvas.voxel_mm, rng)
    marrow = _texture(shape, 1.0, 5.0 / canvas.voxel_mm, rng)
    tissue = np.full(shape, Tissue.MUSCLE, dtype=np.uint8)
    tissue[marrow > 1.4] = Tissue.FAT
    tissue[cells > 1.8] = Tissue.AIR
    tissue[np.abs(cells - 1.0) < 0.25] = Tissue.BONE
    shell = wall < rng.uniform(2.5, 6.0) + 2.0 * (marrow - 1.0)
    tissue[shell] = Tissue.BONE
    tissue[shell & (marrow > 1.9) & (wall > 1.5)] = Tissue.FAT
    tissue[head > -6.0] = Tissue.FAT
    tissue[head > 0.0] = Tissue.AIR
    canvas.fill(tissue)


def _canal_and_nerves(canvas: _Canvas, side: SideAnatomy) -> None:
    nerve = side.nerve
    canvas.solid(side.canal.tube, Tissue.CSF, None)
    for part in side.ear:
        canvas.solid(part, Tissue.INNER_EAR, None)
    for neighbour in side.neighbours:
        canvas.solid(neighbour.shape, neighbour.tissue, Label.OTHER)
    for other in side.others:
        canvas.solid(other, Tissue.NERVE, Label.OTHER)
    canvas.solid(side.eighth, Tissue.NERVE, Label.VESTIBULOCOCHLEAR_NERVE)
    if side.mass is not None:
        texture = (0.12, np.random.default_rng(int(abs(side.canal.porus[0]) * 1e6)))
        canvas.solid(side.mass.shape, side.mass.tissue, Label.TUMOUR, mottle=texture)
    length = float(nerve.length[-1])
    canvas.solid(nerve.between(nerve.porus_mm, length), Tissue.NERVE, Label.OTHER)
    canvas.solid(
        nerve.between(nerve.zone_end_mm, nerve.porus_mm), Tissue.NERVE, Label.FACIAL_NERVE_CISTERNAL
    )
    canvas.solid(nerve.between(0.0, nerve.zone_end_mm), Tissue.NERVE, Label.FACIAL_NERVE_REZ)


def _texture(
    shape: tuple[int, ...], spread: float, scale_voxels: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Smooth random field with mean 1 and the given spread, made coarsely and enlarged."""
    step = max(1.0, scale_voxels)
    small = [int(np.ceil(n / step)) + 2 for n in shape]
    noise = rng.standard_normal(small).astype(np.float32)
    coarse = Volume(noise, Grid((small[0], small[1], small[2]), np.eye(4)))
    fine = Grid((shape[0], shape[1], shape[2]), np.diag([1 / step, 1 / step, 1 / step, 1.0]))
    return 1.0 + np.float32(1.3 * spread) * resample(coarse, fine).array
