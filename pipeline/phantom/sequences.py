"""The parameters of one sequence: ranges of clinical practice, and the signals that follow.

Ranges: what the vendors' protocols for the cerebellopontine angle commonly use (balanced TR
5-13 ms, 40-70 degrees; 3D turbo spin echo TR 1000-2500, TE 150-270; time-of-flight 20-30 /
3.4-7, 15-25 degrees; MPRAGE 1900-2300 / 2.3-3, TI 900-1100, 8-9 degrees; VIBE 4-10 / 1.5-2.5,
10-15 degrees).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.phantom.relaxation import Relaxation, Values
from pipeline.phantom.signals import (
    balanced_ssfp,
    inversion_prepared,
    spoiled_gradient_echo,
    turbo_spin_echo,
)

Physical = Literal["bssfp", "tse", "tof", "mprage", "vibe"]
Family = Literal["bssfp", "tse", "tof", "mprage", "vibe", "random"]
"""Kinds of contrast; `random` is none that a scanner makes."""

HZ_PER_PPM_TESLA = 42.577
_FAT_SHIFT_PPM = 3.5
"""Resonance of the methylene chain below that of water."""
_ANGLES = np.linspace(-np.pi, np.pi, 64, endpoint=False)


@dataclass(frozen=True)
class Sequence:
    """Times in ms, flip in degrees.

    te_ms: for `tse` the echo time that gives the same decay with full refocusing (trains of
    low flip angles decay more slowly than their nominal echo time says).
    cycles: phase cycles of a balanced sequence, 1 with bands, 2 nearly without.
    driven: transverse magnetisation tipped back after a turbo spin echo train.
    readout: pulses and distance of an inversion-prepared train.
    """

    family: Physical
    tr_ms: float
    te_ms: float
    flip_deg: float
    ti_ms: float = 0.0
    cycles: int = 2
    driven: bool = False
    readout: tuple[int, float] = (1, 0.0)

    @property
    def flip_rad(self) -> float:
        return float(np.deg2rad(self.flip_deg))

    def signal(self, tissue: Relaxation) -> Values:
        """Of every tissue at rest; for one phase cycle that of the middle of the pass band."""
        if self.family == "bssfp":
            if self.cycles == 1:
                return balanced_ssfp(tissue, self.tr_ms, self.flip_rad, 0.0)
            return np.asarray(self.at_dephasing(tissue, _ANGLES).mean(axis=0))
        if self.family == "tse":
            return turbo_spin_echo(tissue, self.tr_ms, self.te_ms, self.driven)
        if self.family == "mprage":
            return inversion_prepared(
                tissue, self.tr_ms, self.ti_ms, self.te_ms, self.flip_rad, self.readout
            )
        return spoiled_gradient_echo(tissue, self.tr_ms, self.te_ms, self.flip_rad)

    def at_dephasing(self, tissue: Relaxation, dephasing_rad: Values) -> Values:
        """Balanced signal (angles, tissues): the brightest of the phase cycles."""
        shifts = 2 * np.pi * np.arange(self.cycles) / self.cycles
        cycles = [
            balanced_ssfp(tissue, self.tr_ms, self.flip_rad, dephasing_rad[:, None] + shift)
            for shift in shifts
        ]
        return np.asarray(np.max(cycles, axis=0))

    def fat_phase_rad(self, tesla: float) -> float:
        """Phase of fat against water at the echo; spin echoes and balanced ones refocus it."""
        if self.family in ("bssfp", "tse"):
            return 0.0
        return float(2e-3 * np.pi * HZ_PER_PPM_TESLA * tesla * _FAT_SHIFT_PPM * self.te_ms)


def random_sequence(family: Physical, rng: np.random.Generator) -> Sequence:
    """Parameters drawn from the ranges of practice."""
    if family == "bssfp":
        cycles = int(rng.choice([1, 2], p=[0.35, 0.65]))
        tr = rng.uniform(4.5, 7.0) if cycles == 1 else rng.uniform(5.5, 13.0)
        return Sequence(family, tr, 0.5 * tr, rng.uniform(40.0, 70.0), cycles=cycles)
    if family == "tse":
        # Effective over nominal echo time of trains with low flip angles: round figures.
        te = rng.uniform(150.0, 270.0) * rng.choice([1.0, rng.uniform(0.65, 0.95)])
        driven = bool(rng.random() < 0.6)
        # Without driven equilibrium liquor needs a long repetition time to be bright.
        tr = rng.uniform(1000.0 if driven else 1800.0, 2500.0)
        return Sequence(family, tr, te, 90.0, driven=driven)
    if family == "tof":
        return Sequence(family, rng.uniform(20.0, 30.0), rng.uniform(3.4, 7.0), rng.uniform(15, 25))
    if family == "mprage":
        readout = (int(rng.integers(100, 193)), rng.uniform(5.0, 8.0))
        return Sequence(
            family,
            rng.uniform(1900.0, 2300.0),
            rng.uniform(2.3, 3.0),
            rng.uniform(8.0, 9.0),
            ti_ms=rng.uniform(900.0, 1100.0),
            readout=readout,
        )
    return Sequence(family, rng.uniform(4.0, 10.0), rng.uniform(1.5, 2.5), rng.uniform(10.0, 15.0))
