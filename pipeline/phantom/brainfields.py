"""The brain's and the dura's fields of a subject over a whole grid, on any torch device.

The same as `SubjectBrain.fields` at every voxel, without a list of points: displacements are
read along the axes of the grid, the template by torch.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.geometry import Grid
from pipeline.geometry.sampling import refined, sample_at, weighted
from pipeline.phantom.deformation import SubjectBrain
from pipeline.phantom.skull import Cistern
from pipeline.phantom.template import Template, brainstem_limits_mm

_STEP_MM = 1.0
"""Brain and dura are smooth: their fields are computed no finer and interpolated."""
_FAR_MM = 60.0
"""Distance to the brain beyond the template, as `SubjectBrain.brain_mm` has it."""


def coarse_grid(grid: Grid) -> Grid:
    """A grid of the fields' own step around one whose axes run along +LPS."""
    step = max(_STEP_MM, *grid.voxel_mm)
    span = np.array(grid.shape) * np.array(grid.voxel_mm)
    count = np.ceil(span / step).astype(int) + 3
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = grid.affine[:3, 3] - step
    return Grid((int(count[0]), int(count[1]), int(count[2])), affine)


def brain_fields(
    brain: SubjectBrain, cistern: Cistern, grid: Grid, device: torch.device | str
) -> Tensor:
    """`coarse_fields` of a grid, interpolated to it."""
    coarse, fields = coarse_fields(brain, cistern, grid, device)
    return weighted(fields, refined(coarse, grid))


def coarse_fields(
    brain: SubjectBrain, cistern: Cistern, grid: Grid, device: torch.device | str
) -> tuple[Grid, Tensor]:
    """Brain, brainstem, white matter share, dura and the head's outline, around a grid.

    The fields (5, i, j, k) lie on the coarse grid that comes with them; the surfaces are signed
    distances in mm, negative inside.
    """
    coarse = coarse_grid(grid)
    points = coarse.to_lps(np.moveaxis(np.indices(coarse.shape), 0, -1))
    shifts = weighted(torch.as_tensor(brain.shifts_mm), refined(brain.shifts_grid, coarse))
    inside = points / brain.scale + shifts.movedim(0, -1).double().numpy()
    surface, white = _template_at(brain.base, inside, device)
    to_brain = surface.cpu().numpy().astype(np.float64)
    stem = np.maximum(to_brain, brainstem_limits_mm(inside))
    wall = cistern.wall_mm(points, to_brain)
    scaled = points / brain.scale
    outline = 80.0 * (np.hypot(scaled[..., 0] / 76, (scaled[..., 1] - 10) / 98) - 1.0)
    others = torch.as_tensor(np.stack([stem, wall, outline]).astype(np.float32), device=device)
    return coarse, torch.stack([surface, others[0], white, others[1], others[2]])


def _template_at(
    base: Template, points: NDArray[np.float64], device: torch.device | str
) -> tuple[Tensor, Tensor]:
    """Distance to the brain in mm and white matter share at template points (..., 3)."""
    maps = torch.stack([torch.as_tensor(base.brain_mm) - _FAR_MM, torch.as_tensor(base.white)])
    index = torch.as_tensor(base.grid.to_index(points).astype(np.float32), device=device)
    surface, white = sample_at(maps.to(device), index)
    return surface + _FAR_MM, white
