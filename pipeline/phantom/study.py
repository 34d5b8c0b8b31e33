"""A generated study: what a scanner would deliver of a subject, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from pipeline.geometry import Grid, Volume, resample
from pipeline.phantom.acquire import (
    FADED_MM,
    Protocol,
    observed,
    random_protocol,
    resolved,
    rigid,
    slab_grid,
)
from pipeline.phantom.appearance import Appearance, random_appearance
from pipeline.phantom.curves import Points
from pipeline.phantom.marrow import marrow_spaces
from pipeline.phantom.recipe import GENERATOR_VERSION, SideRecipe
from pipeline.phantom.render import Painting, paint
from pipeline.phantom.sequences import Family
from pipeline.phantom.side_truth import rez_lps, side_truth
from pipeline.phantom.subject import Subject, make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.truth import Truth
from pipeline.records.base import SIDES, Side
from pipeline.records.volumes import ImageRole

_FINE_MM, _COARSE_MM = 0.3, 1.0
_FINE_HALF_MM = np.array([50.0, 30.0, 27.0])
"""Half size of the finely painted box around both root exit zones."""
_FEATHER_MM = 4.0
_COUNTS = 350.0
"""Stored value of relative signal 1; keeps the noise to a few bits, so files stay small."""


@dataclass(frozen=True)
class StudyPlan:
    """Everything that makes a study, besides the seed's random draws.

    slab_mm: thickness. slab_offset_mm: centre above the root exit zones (misses them when
    larger than half the thickness). field_of_view_mm: in the plane.
    """

    seed: int
    vendor: str
    recipes: dict[Side, SideRecipe]
    sequences: tuple[ImageRole, ...]
    slab_mm: float
    slab_offset_mm: float
    field_of_view_mm: float
    voxel_mm: tuple[float, float] | None = None
    """Reference voxel (in the plane, slice) where it is prescribed."""


@dataclass(frozen=True, eq=False)
class GeneratedStudy:
    """What was acquired and what is true.

    volumes: stored magnitudes by role, the reference first, each on its own grid. families: the
    look of each.
    reference_to_volume_lps: how the head had moved, by role: 4x4, LPS point of the reference ->
    LPS point of that volume. labels: on the reference's grid.
    """

    volumes: dict[ImageRole, Volume]
    reference_to_volume_lps: dict[ImageRole, NDArray[np.float64]]
    families: dict[ImageRole, Family]
    labels: Volume
    truth: Truth


def make_study(plan: StudyPlan) -> GeneratedStudy:
    """The study of a plan; the same plan gives the same bytes on one platform."""
    scan = _Scan.of(plan)
    canals = [scan.subject.sides[side].canal for side in SIDES]
    marrow = marrow_spaces(canals, np.random.default_rng([37, plan.seed]))
    fine = paint(scan.subject, _box(scan.centre, _FINE_HALF_MM, _FINE_MM), scan.looks, marrow)
    reach = np.array([plan.field_of_view_mm / 2 + 25.0] * 2 + [plan.slab_mm / 2 + 45.0])
    coarse = paint(scan.subject, _box(scan.slab_centre, reach, _COARSE_MM), scan.looks, marrow)
    rng = np.random.default_rng([31, plan.seed])
    volumes: dict[ImageRole, Volume] = {}
    moved: dict[ImageRole, NDArray[np.float64]] = {}
    for channel, role in enumerate(plan.sequences):
        motion = np.eye(4)
        if volumes:
            motion = rigid(rng.normal(0.0, 0.015, 3), rng.normal(0.0, 1.0, 3), scan.centre)
        grid = scan.grid(channel)
        clean = _composite(fine, coarse, channel, scan.protocols[channel], grid, motion)
        reference_signal = _noise_reference(scan.looks[channel], role)
        noisy = observed(clean, scan.protocols[channel], reference_signal, rng)
        volumes[role] = Volume(noisy.array * np.float32(_COUNTS), grid)
        moved[role] = np.asarray(np.linalg.inv(motion), dtype=np.float64)
    reference = scan.grid(0)
    families = {role: look.family for role, look in zip(plan.sequences, scan.looks, strict=True)}
    labels = _labels(fine, coarse, reference)
    return GeneratedStudy(volumes, moved, families, labels, _truth(scan, fine))


def make_truth(plan: StudyPlan) -> Truth:
    """The truth of a plan's study, without making its images."""
    scan = _Scan.of(plan)
    return _truth(scan, paint(scan.subject, _box(scan.centre, _FINE_HALF_MM, _FINE_MM), []))


def study_uid(seed: int) -> str:
    """The StudyInstanceUID of a generated study; a function of generator version and seed."""
    return str(generate_uid(entropy_srcs=["nvc-triage phantom", GENERATOR_VERSION, str(seed)]))


@dataclass(frozen=True, eq=False)
class _Scan:
    """A subject on the table: what will be acquired of it, and where."""

    plan: StudyPlan
    subject: Subject
    looks: list[Appearance]
    protocols: list[Protocol]
    centre: Points
    slab_centre: Points
    tilt_rad: NDArray[np.float64]

    @classmethod
    def of(cls, plan: StudyPlan) -> _Scan:
        subject = make_subject(plan.seed, plan.recipes)
        rng = np.random.default_rng([29, plan.seed])
        families = [_family(role, rng) for role in plan.sequences]
        tesla = float(rng.choice([1.5, 3.0]))
        looks = [random_appearance(family, rng, tesla) for family in families]
        pairs = zip(families, plan.sequences, strict=True)
        protocols = [_protocol(family, role, plan, rng) for family, role in pairs]
        centre = _between_nerves(subject)
        slab_centre = centre + [0.0, 12.0, plan.slab_offset_mm]
        tilt = rng.normal(0.0, 1.0, 3) * [0.12, 0.05, 0.05]
        return cls(plan, subject, looks, protocols, centre, slab_centre, tilt)

    def grid(self, channel: int) -> Grid:
        """The image grid of one sequence."""
        extent = _extent(self.plan, self.plan.sequences[channel])
        return slab_grid(self.slab_centre, self.protocols[channel], extent, self.tilt_rad)


def _truth(scan: _Scan, fine: Painting) -> Truth:
    """What is true of the study, in the reference's frame (LPS mm)."""
    reference = scan.grid(0)
    return Truth(
        generator_version=GENERATOR_VERSION,
        seed=scan.plan.seed,
        study_instance_uid=study_uid(scan.plan.seed),
        sequences=scan.plan.sequences,
        reference=scan.plan.sequences[0],
        voxel_mm=reference.voxel_mm,
        sides={side: side_truth(scan.subject, side, fine, reference) for side in SIDES},
    )


_FAMILIES: dict[ImageRole, tuple[Family, ...]] = {
    "t2": ("bssfp", "tse"),
    "tof": ("tof",),
    "t1c": ("mprage", "vibe"),
}


def _family(role: ImageRole, rng: np.random.Generator) -> Family:
    choices = _FAMILIES[role]
    return choices[int(rng.integers(len(choices)))]


def _protocol(
    family: Family, role: ImageRole, plan: StudyPlan, rng: np.random.Generator
) -> Protocol:
    """A random protocol whose reference voxel is 0.4-0.8 mm or as prescribed."""
    drawn = random_protocol(family, role, rng)
    plane, slices = plan.voxel_mm or (
        float(np.clip(drawn.voxel_mm[0], 0.4, 0.75)),
        float(np.clip(drawn.voxel_mm[2], 0.4, 0.8)),
    )
    if role == "t1c":
        plane, slices = float(rng.uniform(0.6, 0.9)), 0.9
    return replace(
        drawn,
        voxel_mm=(plane, plane, slices),
        true_factor=min(drawn.true_factor, 1.3),
        snr=float(np.clip(drawn.snr, 12.0, 40.0)),
    )


def _extent(plan: StudyPlan, role: ImageRole) -> tuple[float, float, float]:
    field = plan.field_of_view_mm
    return (field, field, plan.slab_mm * (1.15 if role != "t2" else 1.0))


def _noise_reference(look: Appearance, role: ImageRole) -> float:
    brightest = Tissue.CSF if role == "t2" else Tissue.WHITE_MATTER
    return float(look.signal[brightest])


def _between_nerves(subject: Subject) -> Points:
    return np.asarray(np.mean([rez_lps(subject, side) for side in SIDES], axis=0))


def _box(centre: Points, half_mm: NDArray[np.float64], spacing_mm: float) -> Grid:
    shape = np.ceil(2 * half_mm / spacing_mm).astype(int)
    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = centre - half_mm
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _composite(
    fine: Painting,
    coarse: Painting,
    channel: int,
    protocol: Protocol,
    grid: Grid,
    motion: NDArray[np.float64],
) -> Volume:
    """The sequence's image on its grid: finely painted near the nerves, coarsely elsewhere."""
    far = Volume(coarse.images[channel].numpy(), coarse.grid)
    whole = resample(far, grid, target_to_volume_lps=motion)
    sharp = resolved(fine.images[channel], fine.grid, protocol)
    detail = Volume(sharp.numpy(), fine.grid)
    near = resample(detail, grid, target_to_volume_lps=motion).array
    weight = resample(_feather(fine.grid), grid, target_to_volume_lps=motion).array
    return Volume(whole.array + weight * (near - whole.array), grid)


def _feather(grid: Grid) -> Volume:
    """1 inside the grid, falling to 0 before its faces fade."""
    ramps = []
    for count in grid.shape:
        edge = np.minimum(np.arange(count), np.arange(count)[::-1]) * _FINE_MM
        ramps.append(np.clip((edge - FADED_MM) / _FEATHER_MM, 0.0, 1.0).astype(np.float32))
    weight = np.minimum(
        np.minimum(ramps[0][:, None, None], ramps[1][None, :, None]), ramps[2][None, None, :]
    )
    return Volume(weight, grid)


def _labels(fine: Painting, coarse: Painting, grid: Grid) -> Volume:
    far = resample(Volume(coarse.labels, coarse.grid), grid, order=0).array
    near = resample(Volume(fine.labels, fine.grid), grid, order=0, outside=255).array
    return Volume(np.where(near == 255, far, near).astype(np.uint8), grid)
