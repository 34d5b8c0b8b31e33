"""Painting a subject onto a grid: brightness in several sequences at once, and labels.

Surfaces are signed distances, so a voxel on a boundary gets the exact share of each side to
first order (partial volume); the grid should be about half the finest acquired voxel. Every
layer is laid over what is there, for all sequences together, on one torch device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.geometry import Grid
from pipeline.geometry.grid import aligned
from pipeline.geometry.sampling import refined, weighted
from pipeline.phantom.appearance import Appearance, Bands
from pipeline.phantom.brainfields import coarse_fields
from pipeline.phantom.flow import Dephasing, Lumen
from pipeline.phantom.folia import cut_by_folia
from pipeline.phantom.marrow import MarrowSpace
from pipeline.phantom.pulsation import moving_share
from pipeline.phantom.shapes import Shape, Tube, Window
from pipeline.phantom.side import SideAnatomy
from pipeline.phantom.skullbase import TISSUES as SKULL_BASE
from pipeline.phantom.skullbase import outside_dura
from pipeline.phantom.subject import Subject
from pipeline.phantom.susceptibility import field_ppm, susceptibilities_ppm
from pipeline.phantom.texture import Texture, head_texture, texture_between
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel
from pipeline.records.base import SIDES
from pipeline.records.labels import Label

_FIELD_EXTENT_MM = np.array([128.0, 112.0, 96.0])
"""Around the canals: what lies farther away bends the field by little more than a slope."""
_SUSCEPTIBILITY_STEP_MM, _MOVEMENT_STEP_MM = 2.0, 2.0


Device = torch.device | str


@dataclass(frozen=True, eq=False)
class Painting:
    """images: (number of appearances, *grid.shape) float32 brightness, on the painting's device.

    labels: Label numbers.
    """

    grid: Grid
    images: Tensor
    labels: NDArray[np.uint8]


def paint(
    subject: Subject,
    grid: Grid,
    appearances: Sequence[Appearance],
    marrow: Sequence[MarrowSpace] = (),
    device: Device = "cpu",
) -> Painting:
    """Paint the subject, with marrow in the bone, on a grid of cubic voxels along +LPS.

    device: where torch works; the same anatomy, textures and blood on each, and on every grid.
    """
    canvas = _Canvas(grid, appearances, device)
    _background(canvas, subject, marrow)
    for side in SIDES:
        _canal_and_nerves(canvas, subject.sides[side])
    streams = [np.random.default_rng([subject.seed, 78, n]) for n in range(len(appearances))]
    for vessel in sorted(subject.vessels, key=lambda v: v.tissue != Tissue.VEIN):
        lumens = [a.blood.of_vessel(vessel, r) for a, r in zip(appearances, streams, strict=True)]
        label = Label.VEIN if vessel.tissue == Tissue.VEIN else Label.ARTERY
        canvas.vessel(vessel, lumens, label)
    for lesion in subject.aneurysms.values():
        if lesion is not None:
            sacs = [a.blood.of_sac(r) for a, r in zip(appearances, streams, strict=True)]
            canvas.sac(lesion.shape, sacs)
    field = None
    if any(appearance.bands for appearance in appearances):
        field = field_around_canals(subject, marrow, grid, device)
    return Painting(grid, canvas.images(field), canvas.labels.cpu().numpy())


def field_around_canals(
    subject: Subject, marrow: Sequence[MarrowSpace], grid: Grid, device: Device = "cpu"
) -> Tensor:
    """Shift of the field in ppm on the grid, from the air and bone around both canals."""
    pori = [subject.sides[side].canal.porus for side in SIDES]
    coarse = aligned(np.mean(pori, axis=0), _FIELD_EXTENT_MM, _SUSCEPTIBILITY_STEP_MM)
    look = Appearance("random", susceptibilities_ppm(), Dephasing(1.0, 1.0, 0.0))
    bloodless = replace(subject, vessels=[], aneurysms=dict.fromkeys(SIDES))  # blood is watery
    field = field_ppm(paint(bloodless, coarse, [look], marrow, device).images[0])
    return weighted(field, refined(coarse, grid))


class _Canvas:
    """The grid under work: brightness by component of every appearance, and labels."""

    def __init__(self, grid: Grid, appearances: Sequence[Appearance], device: Device) -> None:
        self.grid = grid
        self.appearances = appearances
        self.device = device
        rows = [appearance.components for appearance in appearances]
        self.owner = [n for n, some in enumerate(rows) for _ in some]
        self.rows = np.concatenate([np.zeros((0, len(Tissue))), *rows])
        self.layers = torch.zeros((len(self.rows), *grid.shape), device=device)
        self.labels = torch.zeros(grid.shape, dtype=torch.uint8, device=device)
        self.axes = _axes(grid)
        self.voxel_mm = float(np.mean(grid.voxel_mm))

    def images(self, field: Tensor | None) -> Tensor:
        """One image per appearance; components are joined by the field where there is any."""
        if field is None:
            return self.layers
        joined = torch.empty((len(self.appearances), *self.grid.shape), device=self.device)
        for number, appearance in enumerate(self.appearances):
            own = [layer for layer, n in zip(self.layers, self.owner, strict=True) if n == number]
            if appearance.bands is None:
                joined[number] = own[0]
            else:
                joined[number] = _off_resonance(own, appearance.bands, field)
        return joined

    def texture(self, texture: Texture) -> Tensor:
        """A texture over the whole grid."""
        return texture.on(self.axes, self.device)

    def blend(self, share: Tensor, tissue: Tissue, label: Label | None) -> None:
        """Lay a tissue over the whole grid with the given share of each voxel (0..1)."""
        for layer, row in zip(self.layers, self.rows, strict=True):
            _mix(layer, share, float(row[tissue]))
        if label is not None:
            self.labels[share >= 0.5] = label

    def liquor(self, share: Tensor, moving: Tensor) -> None:
        """Lay liquor over the whole grid, darker where it moves."""
        for layer, row, owner in zip(self.layers, self.rows, self.owner, strict=True):
            pulsation = self.appearances[owner].pulsation
            left: Tensor | float = (1.0 - pulsation * moving).clamp_(min=0.0) if pulsation else 1.0
            _mix(layer, share, float(row[Tissue.CSF]) * left)
        self.labels[share >= 0.5] = Label.OTHER

    def fill(self, tissues: Sequence[Tissue], shares: Tensor) -> None:
        """Start the whole grid from a mixture of tissues (tissues, *grid.shape)."""
        signals = torch.as_tensor(self.rows[:, tissues], dtype=torch.float32, device=self.device)
        torch.matmul(
            signals, shares.flatten(1), out=self.layers.view(len(self.rows), self.labels.numel())
        )

    def solid(
        self, shape: Shape, tissue: Tissue, label: Label | None, texture: Texture | None = None
    ) -> None:
        """Lay a shape of one tissue, with a texture or even."""
        self.lay(shape, self.rows[:, tissue], label, texture)

    def lay(
        self,
        shape: Shape,
        brightness: NDArray[np.float64],
        label: Label | None,
        texture: Texture | None = None,
    ) -> None:
        """Lay a shape of the given brightness in each component."""
        window, region = self._window(shape)
        if window is None:
            return
        share = _inside(window.distance_mm, self.voxel_mm)
        grain: Tensor | float = 1.0
        if texture is not None:
            grain = texture.on((window.x, window.y, window.z), self.device)
        for layer, value in zip(self.layers, brightness, strict=True):
            _mix(layer[region], share, float(value) * grain)
        self._label(region, share, label)

    def vessel(self, vessel: Vessel, lumens: Sequence[Lumen], label: Label) -> None:
        """Lay a vessel whose brightness changes along its course and towards its wall."""
        radii = vessel.tube.radii
        tube = Tube(vessel.tube.points, radii, np.arange(len(radii), dtype=np.float64))
        window, region = self._window(tube)
        if window is None:
            return
        share = _inside(window.distance_mm, self.voxel_mm)
        where = torch.nonzero(share, as_tuple=True)
        along, amount = window.value[where], share[where]
        radius = _along(radii, along)
        to_wall = (1.0 + window.distance_mm[where] / radius).clamp_(0.0, 1.0) ** 2
        for layer, row, owner in zip(self.layers, self.rows, self.owner, strict=True):
            axis, wall = (_along(part, along) for part in (lumens[owner].axis, lumens[owner].wall))
            target = float(row[vessel.tissue]) * torch.lerp(axis, wall, to_wall)
            part = layer[region]
            part[where] = torch.lerp(part[where], target, amount)
        self._label(region, share, label)

    def sac(self, shape: Shape, lumens: Sequence[Lumen]) -> None:
        """Lay an aneurysm: blood that is slower near the wall."""
        window, region = self._window(shape)
        if window is None:
            return
        share = _inside(window.distance_mm, self.voxel_mm)
        radius = max(-float(window.distance_mm.min()), 0.5)
        to_wall = (1.0 + window.distance_mm / radius).clamp_(0.0, 1.0) ** 2
        for layer, row, owner in zip(self.layers, self.rows, self.owner, strict=True):
            axis, wall = float(lumens[owner].axis[0]), float(lumens[owner].wall[0])
            _mix(
                layer[region], share, float(row[Tissue.ANEURYSM]) * (axis + (wall - axis) * to_wall)
            )
        self._label(region, share, Label.ANEURYSM)

    def _label(self, region: tuple[slice, ...], share: Tensor, label: Label | None) -> None:
        if label is not None:
            self.labels[region][share >= 0.5] = label

    def _window(self, shape: Shape) -> tuple[Window | None, tuple[slice, ...]]:
        low, high = shape.bounds()
        region = tuple(
            slice(*(int(i) for i in np.searchsorted(axis, (lower - 1.0, upper + 1.0))))
            for axis, lower, upper in zip(self.axes, low, high, strict=True)
        )
        x, y, z = (axis[part] for axis, part in zip(self.axes, region, strict=True))
        if min(len(x), len(y), len(z)) == 0:
            return None, region
        window = Window.empty(x, y, z, self.device)
        shape.paint(window)
        return window, region


def _axes(grid: Grid) -> list[NDArray[np.float64]]:
    """Coordinates of the voxels of a grid along +LPS, axis by axis."""
    steps = np.diag(grid.affine[:3, :3])
    return [grid.affine[a, 3] + steps[a] * np.arange(grid.shape[a]) for a in range(3)]


def _mix(image: Tensor, share: Tensor, value: Tensor | float) -> None:
    """Replace, in place, the given share of an image by a value."""
    image += share * (value - image)


def _inside(distance_mm: Tensor, width_mm: float) -> Tensor:
    """Share of a voxel of that width on the inner side of a surface."""
    return (0.5 - distance_mm / width_mm).clamp_(0.0, 1.0)


def _along(values: NDArray[np.float64], position: Tensor) -> Tensor:
    """Values given at 0, 1, 2, ... at fractional positions."""
    given = torch.as_tensor(values, dtype=torch.float32, device=position.device)
    lower = position.floor().clamp(0, max(len(values) - 2, 0)).long()
    upper = (lower + 1).clamp(max=len(values) - 1)
    return torch.lerp(given[lower], given[upper], (position - lower).clamp(0.0, 1.0))


def _off_resonance(components: Sequence[Tensor], bands: Bands, field_ppm: Tensor) -> Tensor:
    """Brightness at each voxel's dephasing, from the painted components."""
    curves = torch.as_tensor(bands.curves, dtype=torch.float32, device=field_ppm.device)
    turns = (field_ppm * bands.ppm_to_turns + bands.centre_turns + 0.5).remainder(1.0)
    place = (turns * (curves.shape[1] - 1)).round().long()
    joined = torch.zeros_like(field_ppm)
    for component, curve in zip(components, curves, strict=True):
        joined += component * curve[place]
    return joined.abs()


def _background(canvas: _Canvas, subject: Subject, marrow: Sequence[MarrowSpace]) -> None:
    """Skull base with its marrow, cerebrospinal fluid and brain."""
    rng = np.random.default_rng([subject.seed, 77])
    coarse, fields = coarse_fields(subject.brain, subject.cistern, canvas.grid, canvas.device)
    outside = outside_dura(_axes(coarse), fields[3], fields[4], rng)
    to_grid = refined(coarse, canvas.grid)
    canvas.fill(SKULL_BASE, weighted(outside, to_grid))
    brain, stem, white, wall = weighted(fields[:4], to_grid)
    grain = np.random.default_rng([subject.seed, 79])  # of its own: marrow changes nothing else
    for space in marrow:
        trabeculae = texture_between(*space.shape.bounds(), 0.25, 1.2, grain)
        canvas.lay(space.shape, _marrow_brightness(canvas, space), None, trabeculae)
    sharp = max(canvas.voxel_mm, 0.3)
    canvas.liquor(_inside(wall, sharp), _moving(canvas, subject))
    rough = canvas.texture(head_texture(0.45, 2.2, rng)) - 1.0
    folded = cut_by_folia(brain + rough.clamp_(min=0.0), canvas.axes, rng)
    brain = torch.where(stem < 1.5, brain, folded)
    inside = _inside(brain, sharp)
    for tissue, share in ((Tissue.GREY_MATTER, inside), (Tissue.WHITE_MATTER, inside * white)):
        canvas.blend(share, tissue, Label.OTHER)
    canvas.labels[(stem < 0) & (inside >= 0.5)] = Label.BRAINSTEM


def _marrow_brightness(canvas: _Canvas, space: MarrowSpace) -> NDArray[np.float64]:
    by_appearance = [space.brightness(appearance) for appearance in canvas.appearances]
    return np.concatenate([np.zeros(0), *by_appearance])


def _moving(canvas: _Canvas, subject: Subject) -> Tensor:
    """Where liquor moves, on the grid; nowhere if no appearance shows it."""
    if not any(appearance.pulsation for appearance in canvas.appearances):
        return torch.zeros((1, 1, 1), device=canvas.device)
    extent = np.array(canvas.grid.shape) * canvas.voxel_mm
    coarse = aligned(canvas.grid.centre_lps, extent + 2 * _MOVEMENT_STEP_MM, _MOVEMENT_STEP_MM)
    points = coarse.to_lps(np.moveaxis(np.indices(coarse.shape), 0, -1))
    share = torch.as_tensor(moving_share(subject, points).astype(np.float32), device=canvas.device)
    return weighted(share, refined(coarse, canvas.grid))


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
        rng = np.random.default_rng(int(abs(side.canal.porus[0]) * 1e6))
        grain = texture_between(*side.mass.shape.bounds(), 0.12, 1.2, rng)
        canvas.solid(side.mass.shape, side.mass.tissue, Label.TUMOUR, grain)
    length = float(nerve.length[-1])
    canvas.solid(nerve.between(nerve.porus_mm, length), Tissue.NERVE, Label.OTHER)
    canvas.solid(
        nerve.between(nerve.zone_end_mm, nerve.porus_mm), Tissue.NERVE, Label.FACIAL_NERVE_CISTERNAL
    )
    canvas.solid(nerve.between(0.0, nerve.zone_end_mm), Tissue.NERVE, Label.FACIAL_NERVE_REZ)
