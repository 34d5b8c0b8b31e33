"""Whether a series can serve in its role by its geometry, and which of several is best."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry.slices import Stack, StackProblem
from pipeline.intake.rules import Rules
from pipeline.records.base import Role
from pipeline.records.manifest import SeriesRefusal
from pipeline.settings import ConvertSettings

_ROUNDING_MM = 0.005


@dataclass(frozen=True)
class Refused:
    """Why a series cannot serve: a code of the closed list and a sentence."""

    code: SeriesRefusal
    message: str


def refusal(
    role: Role, stack: Stack | StackProblem, limits: ConvertSettings, rules: Rules
) -> Refused | None:
    """Why a series with a role cannot serve in it, None where it can."""
    if isinstance(stack, StackProblem):
        return Refused(stack.code, stack.message)
    slices, spacing = stack.grid.shape[2], stack.slice_spacing_mm
    if slices < limits.min_slices:
        return Refused(
            "too_few_slices", f"{slices} slices; at least {limits.min_slices} are needed"
        )
    if (stack.thickness_mm or 0) > rules.max_thickness_to_spacing * spacing + _ROUNDING_MM:
        text = (
            f"slices {stack.thickness_mm:.1f} mm thick at steps of {spacing:.1f} mm are projections"
        )
        return Refused("projection", text)
    if role in {"t2", "tof"}:
        return _too_large(stack, limits.max_slice_spacing_mm, limits.max_in_plane_mm)
    if role == "t1c":
        return _too_large(stack, limits.max_t1c_voxel_mm, limits.max_t1c_voxel_mm)
    return None


def preference(stack: Stack | StackProblem, rules: Rules) -> tuple[float, ...]:
    """Sorts series of a role: whole slabs first, then the finest, then the most slices."""
    if isinstance(stack, StackProblem):
        return (2.0,)
    slices, spacing = stack.grid.shape[2], stack.slice_spacing_mm
    thin_slab = slices * spacing < rules.min_slab_mm
    return (float(thin_slab), round(spacing, 2), round(stack.in_plane_mm, 2), -float(slices))


def _too_large(stack: Stack, spacing_limit_mm: float, in_plane_limit_mm: float) -> Refused | None:
    spacing, in_plane = stack.slice_spacing_mm, stack.in_plane_mm
    if spacing > spacing_limit_mm + _ROUNDING_MM:
        text = f"slices {spacing:.2f} mm apart; at most {spacing_limit_mm:.2f} mm can serve"
        return Refused("too_thick", text)
    if in_plane > in_plane_limit_mm + _ROUNDING_MM:
        text = f"pixels of {in_plane:.2f} mm; at most {in_plane_limit_mm:.2f} mm can serve"
        return Refused("too_coarse", text)
    return None
