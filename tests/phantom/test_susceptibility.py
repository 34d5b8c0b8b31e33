from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.phantom.susceptibility import field_ppm, susceptibilities_ppm
from pipeline.phantom.tissues import Tissue

AIR_PPM = 9.4


def sphere(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Distance from the middle of a cube of voxels, and the coordinate along the field."""
    axis = torch.arange(count) - (count - 1) / 2
    x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")
    return (x**2 + y**2 + z**2).sqrt(), z


def test_a_ball_of_air_makes_the_field_of_a_dipole() -> None:
    """Outside: chi / 3 (a / r)^3 (3 cos^2 - 1); inside: none, after the sphere of Lorentz."""
    distance, z = sphere(72)
    field = field_ppm(AIR_PPM * (distance < 9.0).float())
    for place in ((35, 35, 51), (51, 35, 35), (46, 35, 46)):
        cosine = float(z[place] / distance[place])
        expected = AIR_PPM / 3 * (9.0 / float(distance[place])) ** 3 * (3 * cosine**2 - 1)
        assert float(field[place]) == pytest.approx(expected, abs=0.12)
    assert abs(float(field[distance < 5.0].mean())) < 0.1


def test_a_linear_slope_is_shimmed_away_and_water_alone_bends_nothing() -> None:
    assert not field_ppm(torch.zeros(12, 10, 8)).any()
    distance, z = sphere(40)
    field = field_ppm(AIR_PPM * (distance < 6.0).float())
    watery = (distance >= 6.0).flatten()
    slope = np.polyfit(z.flatten()[watery], field.flatten()[watery], 1)[0]
    assert abs(slope) < 1e-4


def test_air_is_what_counts() -> None:
    ppm = susceptibilities_ppm()
    assert ppm[Tissue.AIR] == np.abs(ppm).max() == AIR_PPM
    assert ppm[Tissue.WHITE_MATTER] == ppm[Tissue.CSF] == 0.0
