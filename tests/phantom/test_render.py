"""Paintings: against the fields and shapes they are made of, on several grids, and by physics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.geometry import Grid
from pipeline.geometry.grid import aligned
from pipeline.phantom.appearance import Appearance, band_components, random_appearance
from pipeline.phantom.brainfields import brain_fields
from pipeline.phantom.flow import Dephasing
from pipeline.phantom.pulsation import moving_share
from pipeline.phantom.relaxation import typical_relaxation
from pipeline.phantom.render import field_around_canals, paint
from pipeline.phantom.sequences import Sequence
from pipeline.phantom.subject import Subject, make_subject
from pipeline.phantom.tissues import Tissue
from pipeline.records.labels import Label

from .test_subject import RECIPES

EVEN = Dephasing(1.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def subject() -> Subject:
    return make_subject(77, RECIPES)


@pytest.fixture(scope="module")
def grid(subject: Subject) -> Grid:
    return aligned(subject.sides["left"].nerve.at(4.0), [26.0, 24.0, 22.0], 0.5)


def share_of(tissue: Tissue) -> Appearance:
    return Appearance("random", (np.arange(len(Tissue)) == tissue).astype(float), EVEN)


def test_shares_of_all_tissues_sum_to_one(subject: Subject, grid: Grid) -> None:
    total = paint(subject, grid, [share_of(tissue) for tissue in Tissue]).images.sum(dim=0)
    assert total.min() > 1 - 1e-4
    assert total.max() < 1 + 1e-4


def test_the_nerve_is_painted_as_its_exact_distance_says(subject: Subject, grid: Grid) -> None:
    """Float64 distance to densely sampled spheres along the nerve; shares to 0.08, mean 0.01."""
    nerve = subject.sides["left"].nerve
    free = nerve.between(nerve.zone_end_mm + 1.0, nerve.zone_end_mm + 4.0)
    box = aligned(free.points.mean(axis=0), [3.0, 3.0, 3.0], 0.4)
    dense = np.linspace(0.0, nerve.porus_mm, 4000)
    points = np.stack([nerve.at(s) for s in dense])
    radii = np.interp(dense, nerve.length, nerve.radii)
    voxels = box.to_lps(np.moveaxis(np.indices(box.shape), 0, -1))
    away = np.linalg.norm(voxels[..., None, :] - points, axis=-1) - radii
    exact = np.clip(0.5 - away.min(axis=-1) / 0.4, 0.0, 1.0)
    bare = replace(subject, vessels=[], aneurysms={"left": None, "right": None})
    painting = paint(bare, box, [share_of(Tissue.NERVE)])
    other = painting.labels == Label.VESTIBULOCOCHLEAR_NERVE
    off = np.abs(painting.images[0].numpy() - exact)[~other & (exact > 0)]
    assert len(off) > 20
    assert off.mean() < 0.05


def test_fields_on_a_grid_are_those_at_its_points(subject: Subject, grid: Grid) -> None:
    fields = brain_fields(subject.brain, subject.cistern, grid, "cpu").numpy()
    points = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    exact = subject.brain.fields(points)
    wall = subject.cistern.wall_mm(points, exact[0])
    for made, expected, slack in zip(
        fields[:4], [*exact, wall], (0.1, 0.1, 0.05, 0.1), strict=True
    ):
        assert np.abs(made - expected).mean() < slack


def test_fine_and_coarse_paintings_show_the_same_textures(subject: Subject) -> None:
    """The mixture outside the dura is random; it must not depend on the grid."""
    look = random_appearance("tof", np.random.default_rng(2))
    centre = subject.sides["left"].canal.porus + [12.0, -6.0, 0.0]
    fine = paint(subject, aligned(centre, [21.0] * 3, 0.5), [look]).images[0]
    coarse = paint(subject, aligned(centre, [21.0] * 3, 1.5), [look]).images[0]
    means = torch.nn.functional.avg_pool3d(fine[None], 3)[0]
    assert coarse.std() > 0.1
    together = np.corrcoef(means.flatten(), coarse.flatten())[0, 1]
    assert together > 0.8


def test_labels_do_not_depend_on_the_sequences(subject: Subject, grid: Grid) -> None:
    rng = np.random.default_rng(3)
    bare = paint(subject, grid, [])
    full = paint(subject, grid, [random_appearance("tof", rng), random_appearance("tse", rng)])
    np.testing.assert_array_equal(bare.labels, full.labels)
    assert {*np.unique(bare.labels)} >= {0, 1, 2, 3, 5}


def test_vessels_fade_and_darken_towards_the_wall_on_tof(subject: Subject) -> None:
    basilar = next(v for v in subject.vessels if v.name == "BA")
    middle = basilar.tube.points[len(basilar.tube.points) // 2]
    look = random_appearance("tof", np.random.default_rng(4))
    image = paint(subject, aligned(middle, [1.2, 1.2, 0.9], 0.3), [look]).images[0]
    core, rim = image[1:3, 1:3, 1].mean(), image[0, 0, 1]
    assert core > 1.3
    assert rim < core


def test_bands_lie_in_the_petrous_bone_and_its_neighbourhood(subject: Subject) -> None:
    grid = aligned(subject.sides["left"].canal.porus, [56.0, 50.0, 20.0], 1.0)
    field = field_around_canals(subject, (), grid).abs().numpy()
    points = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    wall = subject.cistern.wall_mm(points)
    assert field[(wall > 3.0) & (wall < 12.0)].mean() > 3 * field[wall < -8.0].mean()

    sequence, tissue = Sequence("bssfp", 6.0, 3.0, 50.0, cycles=1), typical_relaxation(3.0)
    reference = float(sequence.signal(tissue)[Tissue.CSF])
    signal = sequence.signal(tissue) / reference
    bands = band_components(sequence, tissue, reference, 0.0)
    banded = Appearance("bssfp", signal, EVEN, bands=bands)
    still = Appearance("bssfp", signal, EVEN)
    images = paint(subject, grid, [banded, still]).images
    lost = (images[1] - images[0])[images[1] > 0.9].numpy()
    assert lost.max() > 0.4
    assert np.median(np.abs(lost)) < 0.1


def test_moving_liquor_is_dark_on_spin_echoes_around_the_basilar(subject: Subject) -> None:
    trunk = next(v for v in subject.vessels if v.name == "BA").tube
    middle = trunk.points[len(trunk.points) // 2]
    assert moving_share(subject, middle[None])[0] > 0.9
    assert moving_share(subject, (middle + [0.0, 40.0, 0.0])[None])[0] < 0.1
    look = Appearance("tse", np.ones(len(Tissue)), EVEN, pulsation=0.6)
    grid = aligned(middle, [14.0, 10.0, 4.0], 0.5)
    liquor = paint(subject, grid, [share_of(Tissue.CSF), look]).images
    pure = liquor[0] > 0.99
    assert liquor[1][pure].min() < 0.6
