from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from pipeline.phantom.appearance import BRAIN, band_components, random_appearance
from pipeline.phantom.relaxation import random_relaxation
from pipeline.phantom.sequences import Family, Sequence
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel

FAMILIES: tuple[Family, ...] = get_args(Family)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_look(family: Family) -> None:
    first, again = (random_appearance(family, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(first.signal, again.signal)
    np.testing.assert_array_equal(first.components, again.components)
    assert first.signal[Tissue.AIR] == 0.0
    assert (first.signal >= 0.0).all()


@pytest.mark.parametrize("family", ["bssfp", "tse"])
def test_liquor_is_the_brightest_of_heavy_t2(family: Family) -> None:
    for seed in range(40):
        look = random_appearance(family, np.random.default_rng(seed))
        assert look.signal[Tissue.CSF] == pytest.approx(1.0)
        assert (look.signal[BRAIN] < 0.65).all()


def test_a_few_curves_hold_the_whole_table_of_bands() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        tissue = random_relaxation(3.0, rng)
        sequence = Sequence("bssfp", rng.uniform(4.5, 7), 3.0, rng.uniform(40, 70), cycles=1)
        reference = float(sequence.signal(tissue)[Tissue.CSF])
        bands = band_components(sequence, tissue, reference, 0.0)
        exact = sequence.at_dephasing(tissue, np.linspace(-np.pi, np.pi, 257)) / reference
        assert np.abs(bands.curves.T @ bands.signals - exact).max() < 0.01


def test_one_turn_of_dephasing_is_one_over_tr_in_hertz() -> None:
    rng = np.random.default_rng(0)
    sequence = Sequence("bssfp", 5.0, 2.5, 50.0, cycles=1)
    bands = band_components(sequence, random_relaxation(3.0, rng), 1.0, 20.0)
    assert bands.ppm_to_turns * (200.0 / (42.577 * 3.0)) == pytest.approx(1.0)
    assert bands.centre_turns == pytest.approx(0.1)


def test_fat_opposes_water_in_gradient_echoes_only() -> None:
    opposed = Sequence("tof", 25.0, 6.7, 20.0).fat_phase_rad(1.5)
    assert np.cos(opposed) == pytest.approx(-1.0, abs=0.1)  # 224 Hz: turned by half at 6.7 ms
    assert Sequence("tse", 1500.0, 200.0, 90.0).fat_phase_rad(3.0) == 0.0


def test_a_real_angiogram_lies_well_inside_what_is_drawn() -> None:
    """Measured on a 1.5 T angiogram, pons = 1.

    Liquor 0.34-0.45, basilar artery 5.3, carotid and vertebral arteries 4.4-6.3, arteries under
    1.5 mm 2.3-3.1, fat not above brain.
    """
    rng = np.random.default_rng(1)
    looks = [random_appearance("tof", rng) for _ in range(300)]

    def inside(values: list[float], low: float, high: float) -> bool:
        return bool(np.percentile(values, 10) < low and np.percentile(values, 90) > high)

    def axis(radius: float, start: float, length: float) -> list[float]:
        course = np.linspace([0.0, 0.0, 0.0], [0.0, 0.0, length], 80)
        some = Vessel("BA", Tissue.ARTERY, Tube.plain(course, radius), start)
        factors = [look.blood.of_vessel(some, rng).axis[40] for look in looks]
        return [f * look.signal[Tissue.ARTERY] for f, look in zip(factors, looks, strict=True)]

    assert inside([look.signal[Tissue.CSF] for look in looks], 0.38, 0.45)
    assert inside(axis(1.6, 40.0, 25.0), 5.3, 5.3)
    assert inside(axis(1.7, 0.0, 20.0), 4.4, 6.0)
    assert inside(axis(0.6, 50.0, 30.0), 2.3, 3.1)
    assert inside([look.signal[Tissue.FAT] for look in looks], 0.5, 1.0)


def test_random_contrasts_separate_nerve_and_vessels_from_liquor() -> None:
    for seed in range(100):
        signal = random_appearance("random", np.random.default_rng(seed)).signal
        for tissue in (Tissue.NERVE, Tissue.ARTERY, Tissue.VEIN):
            assert abs(signal[tissue] - signal[Tissue.CSF]) >= 0.2
