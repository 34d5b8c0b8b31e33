from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.geometry.grid import aligned
from pipeline.phantom.acquire import Protocol, Sway, field_of_view, measured, resolved
from pipeline.phantom.kspace import ghosted, odd, truncated, zero_filled

PROTOCOL = Protocol("tof", (0.8, 0.8, 0.8), 1.0, 20.0, 0.0, 0.0, None)


def wave(size: int, cycles: int) -> torch.Tensor:
    along = torch.cos(2 * torch.pi * cycles * torch.arange(size) / size)
    return along[:, None, None].expand(size, size, size).contiguous()


@pytest.mark.parametrize("written", [(30, 30, 30), (48, 45, 51)])
def test_waves_below_the_limit_pass_and_finer_ones_vanish(written: tuple[int, int, int]) -> None:
    kept = truncated(wave(60, 7), (15, 15, 15), written)
    expected = torch.cos(2 * torch.pi * 7 * torch.arange(written[0]) / written[0])
    torch.testing.assert_close(kept[:, 3, 5], expected, atol=1e-4, rtol=0)
    assert truncated(wave(60, 8), (15, 15, 15), written).abs().max() < 1e-4


def test_an_edge_rings_by_nine_percent_unless_it_is_filtered() -> None:
    step = torch.zeros(90, 9, 9)
    step[:45] = 1.0
    sharp = truncated(step, (31, 9, 9), (90, 9, 9))[:, 4, 4]
    soft = truncated(step, (31, 9, 9), (90, 9, 9), roll_off=1.0)[:, 4, 4]
    assert sharp.max() - 1.0 == pytest.approx(0.09, abs=0.02)  # Gibbs: 8.95 %
    assert soft.max() - 1.0 < 0.02
    assert sharp.mean() == pytest.approx(0.5, abs=1e-4)


def test_zero_filling_keeps_values_and_adds_no_frequencies() -> None:
    generator = torch.Generator().manual_seed(1)
    image = torch.view_as_complex(torch.randn((9, 9, 9, 2), generator=generator))
    filled = zero_filled(image, (27, 27, 27))
    torch.testing.assert_close(filled[::3, ::3, ::3], image, atol=1e-4, rtol=0)
    spectrum = torch.fft.fftn(filled).abs()
    assert spectrum[5:-4].max() < 1e-2 * spectrum.max()


def test_sway_makes_ghosts_at_the_distance_of_its_frequency() -> None:
    image = torch.zeros((3, 120, 3), dtype=torch.complex64)
    image[:, 60] = 1.0
    swayed = ghosted(image, 0.5, period_lines=6.0, phase_rad=0.3)[1, :, 1].abs()
    assert (swayed**2).sum() == pytest.approx(1.0, abs=1e-4)
    side = [float(swayed[60 + step - 2 : 60 + step + 3].max()) for step in (20, 10)]
    assert side[0] > 0.1
    assert side[0] > 3 * side[1]
    torch.testing.assert_close(ghosted(image, 0.0, 6.0, 0.3), image, atol=1e-6, rtol=0)


def test_odd_counts() -> None:
    assert [odd(n) for n in (0.2, 1.0, 2.4, 7.0, 8.9)] == [1, 1, 3, 7, 9]


def test_an_acquired_image_lies_where_the_painting_does() -> None:
    grid = aligned([3.0, -4.0, 5.0], [24.0] * 3, 0.3)
    points = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    centre = np.array([4.0, -3.0, 6.5])
    ball = np.exp(-((points - centre) ** 2).sum(axis=-1) / 2.0 / 1.5**2).astype(np.float32)
    seen = field_of_view(grid, PROTOCOL)
    made = resolved(torch.as_tensor(ball), grid, PROTOCOL, seen.shape).numpy().clip(0.1) - 0.1
    assert max(np.abs(np.array(seen.voxel_mm) - 0.8)) < 0.02
    index = np.indices(seen.shape).reshape(3, -1).T
    mass_centre = (seen.to_lps(index) * made.reshape(-1, 1)).sum(axis=0) / made.sum()
    np.testing.assert_allclose(mass_centre, centre, atol=0.03)


@pytest.mark.parametrize("true_factor", [1.0, 1.5])
def test_noise_is_rician_and_no_finer_than_what_was_acquired(true_factor: float) -> None:
    grid = aligned([0.0, 0.0, 0.0], [30.0, 30.0, 20.0], 0.5)
    protocol = Protocol("tof", (0.5, 0.5, 0.5), true_factor, 20.0, 0.0, 0.0, None)
    rng = np.random.default_rng(2)
    flat = measured(torch.full(grid.shape, 10.0), grid, protocol, 0.5, rng)
    air = measured(torch.zeros(grid.shape), grid, protocol, 0.5, rng)
    assert flat.std() == pytest.approx(0.5, rel=0.03)
    assert air.mean() == pytest.approx(0.5 * np.sqrt(np.pi / 2), rel=0.03)  # Rayleigh
    spectrum = torch.fft.fftn(flat - flat.mean()).abs().mean(dim=(1, 2))
    finest = spectrum[len(spectrum) // 2] / spectrum.median()
    assert (finest < 0.3) == (true_factor > 1.0)


def test_channels_lift_the_floor_of_dark_places() -> None:
    """Root of the sum of squares of 2 n normal values: mean 1.88 sigma for 2, 2.74 for 4."""
    grid = aligned([0.0, 0.0, 0.0], [20.0] * 3, 0.5)
    for channels, floor in {2: 1.88, 4: 2.74}.items():
        protocol = replace(PROTOCOL, channels=channels)
        air = measured(torch.zeros(grid.shape), grid, protocol, 0.5, np.random.default_rng(3))
        assert air.mean() == pytest.approx(0.5 * floor, rel=0.02)


def test_same_seed_same_image_and_the_input_stays() -> None:
    grid = aligned([0.0, 0.0, 0.0], [12.0] * 3, 0.5)
    sway = Sway(0.2, 5.0, 1.0)
    protocol = Protocol("tse", (0.5, 0.5, 0.5), 1.3, 20.0, 0.2, 0.0, sway)
    image = torch.ones(grid.shape)
    first, again, other = (
        measured(image, grid, protocol, 0.1, np.random.default_rng(seed)) for seed in (4, 4, 5)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (image == 1.0).all()
