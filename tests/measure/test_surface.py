"""Boundaries finer than a voxel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.measure.surface import boundary_field, doubled, surface, surface_points

from .rendering import SPACING_MM, ball, fractions, straight, tube


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(-2, 2)] * 4))
def test_doubling_keeps_samples_and_is_exact_for_planes(plane: tuple[float, ...]) -> None:
    i, j, k = np.indices((7, 6, 8)).astype(np.float32)
    field = (plane[0] + plane[1] * i + plane[2] * j + plane[3] * k).astype(np.float32)
    fine = doubled(field)
    assert fine.shape == (13, 11, 15)
    np.testing.assert_array_equal(fine[::2, ::2, ::2], field)
    inside = fine[3:10, 3:8, 3:12]
    x, y, z = np.indices(fine.shape)[:, 3:10, 3:8, 3:12] / 2
    expected = plane[0] + plane[1] * x + plane[2] * y + plane[3] * z
    np.testing.assert_allclose(inside, expected, atol=1e-4)


@pytest.mark.parametrize("radius", [0.6, 1.0, 2.5])
def test_surface_of_a_ball(radius: float) -> None:
    centre = np.array([4.07, 3.91, 4.02])
    share = fractions(ball(centre, radius), 20).astype(np.float32)
    mesh = surface(boundary_field(share), SPACING_MM / 2)
    assert mesh is not None
    points = surface_points(mesh, np.ones(len(mesh.vertices), dtype=bool))
    distance = np.linalg.norm(points.points - centre, axis=1)
    assert distance.mean() == pytest.approx(radius, abs=0.06)
    assert points.area_mm2.sum() == pytest.approx(4 * np.pi * radius**2, rel=0.2)
    coarse = surface_points(mesh, np.zeros(len(mesh.vertices), dtype=bool))
    assert coarse.area_mm2.sum() == pytest.approx(points.area_mm2.sum(), rel=1e-6)
    assert len(coarse.points) < len(points.points)


@pytest.mark.parametrize("blur_voxels", [0.0, 0.5])
@pytest.mark.parametrize("radius", [0.3, 0.5, 0.9])
def test_calibre_of_thin_tubes_survives_partial_volume_and_blur(
    radius: float, blur_voxels: float
) -> None:
    course = straight(np.array([1.0, 4.1, 3.9]), np.array([9.0, 3.9, 4.2]))
    share = fractions(tube(course, radius), 20)
    share = ndimage.gaussian_filter(share, blur_voxels).astype(np.float32)
    mesh = surface(boundary_field(share), SPACING_MM / 2)
    assert mesh is not None
    middle = mesh.vertices[np.abs(mesh.vertices[:, 0] - 5.0) < 1.5]
    across = middle[:, 1:] - np.array([4.0, 4.05])
    assert np.linalg.norm(across, axis=1).mean() == pytest.approx(radius, abs=0.04)


def test_a_label_that_is_nowhere_likely_has_no_surface() -> None:
    field = boundary_field(np.full((8, 8, 8), 0.25, dtype=np.float32))
    assert surface(field, SPACING_MM / 2) is None
