"""Signal equations against a table of relative signals that was computed apart, and their limits.

The table's inputs are round figures at 3 T; it rounds to two places and names neither the
repetition time of the spin echoes nor the readout of MPRAGE, so agreement is to a few hundredths
of the reference tissue, or 12 % of a bright one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.phantom.relaxation import Relaxation, random_relaxation, typical_relaxation, uptake
from pipeline.phantom.sequences import Sequence
from pipeline.phantom.signals import (
    balanced_ssfp,
    inversion_prepared,
    saturation_per_pulse,
    spoiled_gradient_echo,
)
from pipeline.phantom.tissues import Tissue

T = Tissue
TABLE = {
    "bssfp": {
        T.WHITE_MATTER: 0.29, T.GREY_MATTER: 0.30, T.NERVE: 0.31, T.ARTERY: 0.38, T.VEIN: 0.20,
        T.SCHWANNOMA: 0.34, T.MENINGIOMA: 0.28, T.EPIDERMOID: 0.47, T.FAT: 0.64, T.MUSCLE: 0.14,
    },
    "tse": {
        T.WHITE_MATTER: 0.05, T.GREY_MATTER: 0.09, T.NERVE: 0.08, T.ARTERY: 0.18, T.VEIN: 0.03,
        T.SCHWANNOMA: 0.15, T.MENINGIOMA: 0.08, T.EPIDERMOID: 0.35, T.FAT: 0.08, T.MUSCLE: 0.01,
    },
    "tof": {
        T.CSF: 0.43, T.GREY_MATTER: 0.85, T.NERVE: 0.95, T.SCHWANNOMA: 0.77, T.MENINGIOMA: 0.82,
        T.EPIDERMOID: 0.67, T.FAT: 2.1, T.MUSCLE: 0.75,
    },
    "mprage": {
        T.CSF: 0.10, T.GREY_MATTER: 0.43, T.NERVE: 0.78, T.ARTERY: 0.27, T.SCHWANNOMA: 0.24,
        T.MENINGIOMA: 0.42, T.EPIDERMOID: 0.03, T.FAT: 3.3, T.MUSCLE: 0.42,
    },
    "vibe": {
        T.CSF: 0.36, T.GREY_MATTER: 0.80, T.NERVE: 0.93, T.ARTERY: 0.75, T.SCHWANNOMA: 0.71,
        T.MENINGIOMA: 0.78, T.EPIDERMOID: 0.59, T.FAT: 2.4, T.MUSCLE: 0.74,
    },
}  # fmt: skip
ENHANCED = {
    "bssfp": {T.SCHWANNOMA: 0.64, T.MENINGIOMA: 0.56, T.ARTERY: 0.77},
    "tof": {T.SCHWANNOMA: 1.8, T.MENINGIOMA: 1.8, T.ARTERY: 2.3},
    "vibe": {T.SCHWANNOMA: 2.0, T.MENINGIOMA: 2.0, T.ARTERY: 2.6},
    "mprage": {T.SCHWANNOMA: 2.7, T.MENINGIOMA: 2.8, T.ARTERY: 3.5},
}
SEQUENCES = {
    "bssfp": Sequence("bssfp", 6.0, 3.0, 50.0, cycles=1),
    "tse": Sequence("tse", 1200.0, 185.0, 90.0, driven=True),
    "tof": Sequence("tof", 22.0, 3.5, 18.0),
    "mprage": Sequence("mprage", 2300.0, 2.5, 8.0, ti_ms=900.0, readout=(1, 0.0)),
    "vibe": Sequence("vibe", 5.0, 2.0, 12.0),
}
REFERENCE = {"bssfp": T.CSF, "tse": T.CSF, "tof": T.WHITE_MATTER, "mprage": T.WHITE_MATTER,
             "vibe": T.WHITE_MATTER}  # fmt: skip


def relative(name: str, tissue: Relaxation) -> np.ndarray:
    plain = SEQUENCES[name].signal(typical_relaxation(3.0))[REFERENCE[name]]
    return SEQUENCES[name].signal(tissue) / plain


@pytest.mark.parametrize("name", TABLE)
def test_relative_signals_are_those_of_the_table(name: str) -> None:
    made = relative(name, typical_relaxation(3.0))
    slack = 0.07 if name == "mprage" else 0.03
    for tissue, expected in TABLE[name].items():
        assert made[tissue] == pytest.approx(expected, abs=slack, rel=0.12), tissue.name


@pytest.mark.parametrize("name", ENHANCED)
def test_contrast_agent_brightens_as_in_the_table(name: str) -> None:
    made = relative(name, typical_relaxation(3.0).with_agent(uptake()))
    for tissue, expected in ENHANCED[name].items():
        assert made[tissue] == pytest.approx(expected, rel=0.15), tissue.name
    np.testing.assert_allclose(
        made[T.NERVE], relative(name, typical_relaxation(3.0))[T.NERVE], rtol=1e-12
    )


def test_inflow_saturates_as_in_the_table() -> None:
    tof, tissue = SEQUENCES["tof"], typical_relaxation(3.0)
    still = tof.signal(tissue)
    kept = saturation_per_pulse(tissue.t1_ms[T.ARTERY], tof.tr_ms, tof.flip_rad)
    fresh = tissue.density[T.ARTERY] * np.sin(tof.flip_rad) * np.exp(
        -tof.te_ms / tissue.t2_ms[T.ARTERY]
    )  # fmt: skip
    for pulses, expected in {1: 3.8, 3: 3.5, 5: 3.1, 10: 2.5, 20: 1.7, 40: 1.1}.items():
        left = still[T.ARTERY] + (fresh - still[T.ARTERY]) * kept ** (pulses - 1)
        assert left / still[T.WHITE_MATTER] == pytest.approx(expected, rel=0.05), pulses


def test_steady_states_are_the_fixed_points_of_their_pulses() -> None:
    """Bloch simulation: rotate, decay, recover, until nothing changes."""
    tissue = typical_relaxation(1.5)
    tr, flip, offset = 6.0, np.deg2rad(55.0), 0.9
    for number in (T.CSF, T.NERVE):
        t1, t2, density = tissue.t1_ms[number], tissue.t2_ms[number], tissue.density[number]
        m, sign = np.array([0.0, 0.0, 1.0]), 1.0
        for _ in range(6000):
            m = _turn(0, sign * flip) @ m
            after = m.copy()
            m = _turn(2, offset) @ _relaxed(m, tr, t1, t2)
            sign = -sign
        echo = np.hypot(after[0], after[1]) * np.exp(-0.5 * tr / t2) * density
        assert balanced_ssfp(tissue, tr, flip, offset)[number] == pytest.approx(echo, rel=1e-3)


def _relaxed(m: np.ndarray, time: float, t1: float, t2: float) -> np.ndarray:
    plane, along = np.exp(-time / t2), np.exp(-time / t1)
    return np.array([m[0] * plane, m[1] * plane, 1.0 + (m[2] - 1.0) * along])


def _turn(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    i, j = (a for a in range(3) if a != axis)
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def test_a_long_readout_train_agrees_with_its_simulation() -> None:
    tissue = typical_relaxation(3.0)
    tr, ti, spacing, pulses, flip = 2200.0, 1000.0, 7.0, 160, np.deg2rad(8.0)
    t1 = tissue.t1_ms
    m = np.ones_like(t1)
    for _ in range(20):
        m = 1.0 - (1.0 + m) * np.exp(-(ti - 80 * spacing) / t1)
        for pulse in range(pulses):
            if pulse == 80:
                echo = np.abs(m) * np.sin(flip)
            m = 1.0 + (m * np.cos(flip) - 1.0) * np.exp(-spacing / t1)
        m = 1.0 + (m - 1.0) * np.exp(-(tr - ti - 80 * spacing) / t1)
    made = inversion_prepared(tissue, tr, ti, 2.5, flip, (pulses, spacing))
    np.testing.assert_allclose(made, tissue.density * echo * np.exp(-2.5 / tissue.t2_ms), rtol=1e-6)


def test_bands_darken_liquor_at_half_a_turn() -> None:
    tissue = typical_relaxation(3.0)
    middle, edge = (balanced_ssfp(tissue, 6.0, 0.9, turn)[T.CSF] for turn in (0.0, np.pi))
    assert edge < 0.05 * middle
    two = replace(SEQUENCES["bssfp"], cycles=2)
    ripple = two.at_dephasing(tissue, np.linspace(-np.pi, np.pi, 50))[:, T.CSF]
    assert ripple.min() > 0.7 * ripple.max()


def test_ernst_angle_is_the_brightest() -> None:
    tissue = typical_relaxation(1.5)
    angles = np.deg2rad(np.arange(2.0, 60.0, 0.25))
    signal = [spoiled_gradient_echo(tissue, 25.0, 4.0, a)[T.WHITE_MATTER] for a in angles]
    ernst = np.arccos(np.exp(-25.0 / tissue.t1_ms[T.WHITE_MATTER]))
    assert angles[int(np.argmax(signal))] == pytest.approx(ernst, abs=0.005)


def test_relaxation_is_known_for_two_fields_and_varies_between_subjects() -> None:
    low, high = typical_relaxation(1.5), typical_relaxation(3.0)
    assert (low.t1_ms <= high.t1_ms).all()
    with pytest.raises(ValueError, match="7"):
        typical_relaxation(7.0)
    drawn = np.array([random_relaxation(3.0, np.random.default_rng(n)).t1_ms for n in range(300)])
    ratio = drawn[:, T.NERVE] / high.t1_ms[T.NERVE]
    assert 0.08 < np.log(ratio).std() < 0.16
    assert ratio.min() > 0.5
