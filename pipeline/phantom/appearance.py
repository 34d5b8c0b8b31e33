"""How bright each tissue is in one sequence of one subject.

Relative signals: clinical.md C3 (textbook equations at 3 T, computed there), with inflow on TOF
falling along the blood's path. Every draw varies them; `random` draws know no physics at all,
so that a network cannot rely on any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel

Family = Literal["bssfp", "tse", "tof", "mprage", "vibe", "random"]

# CSF = 1 for bssfp and tse; white matter = 1 for tof, mprage and vibe.
_SIGNALS: dict[str, dict[Tissue, float]] = {
    "bssfp": {
        Tissue.AIR: 0.0, Tissue.CSF: 1.0, Tissue.GREY_MATTER: 0.32, Tissue.WHITE_MATTER: 0.28,
        Tissue.NERVE: 0.31, Tissue.ARTERY: 0.26, Tissue.VEIN: 0.22, Tissue.BONE: 0.03,
        Tissue.FAT: 0.45, Tissue.MUSCLE: 0.15, Tissue.INNER_EAR: 1.0, Tissue.CHOROID: 0.45,
        Tissue.SCHWANNOMA: 0.36, Tissue.MENINGIOMA: 0.29, Tissue.EPIDERMOID: 0.55,
        Tissue.ANEURYSM: 0.24,
    },
    "tse": {
        Tissue.AIR: 0.0, Tissue.CSF: 1.0, Tissue.GREY_MATTER: 0.11, Tissue.WHITE_MATTER: 0.07,
        Tissue.NERVE: 0.10, Tissue.ARTERY: 0.03, Tissue.VEIN: 0.04, Tissue.BONE: 0.01,
        Tissue.FAT: 0.25, Tissue.MUSCLE: 0.03, Tissue.INNER_EAR: 1.0, Tissue.CHOROID: 0.3,
        Tissue.SCHWANNOMA: 0.18, Tissue.MENINGIOMA: 0.10, Tissue.EPIDERMOID: 0.45,
        Tissue.ANEURYSM: 0.06,
    },
    "tof": {
        Tissue.AIR: 0.0, Tissue.CSF: 0.40, Tissue.GREY_MATTER: 0.85, Tissue.WHITE_MATTER: 0.92,
        Tissue.NERVE: 0.88, Tissue.ARTERY: 3.4, Tissue.VEIN: 0.95, Tissue.BONE: 0.12,
        Tissue.FAT: 1.5, Tissue.MUSCLE: 0.7, Tissue.INNER_EAR: 0.4, Tissue.CHOROID: 0.8,
        Tissue.SCHWANNOMA: 0.75, Tissue.MENINGIOMA: 0.8, Tissue.EPIDERMOID: 0.6,
        Tissue.ANEURYSM: 2.6,
    },
    "mprage": {
        Tissue.AIR: 0.0, Tissue.CSF: 0.12, Tissue.GREY_MATTER: 0.55, Tissue.WHITE_MATTER: 1.0,
        Tissue.NERVE: 0.78, Tissue.ARTERY: 2.6, Tissue.VEIN: 2.6, Tissue.BONE: 0.08,
        Tissue.FAT: 2.6, Tissue.MUSCLE: 0.45, Tissue.INNER_EAR: 0.15, Tissue.CHOROID: 2.0,
        Tissue.SCHWANNOMA: 2.3, Tissue.MENINGIOMA: 2.4, Tissue.EPIDERMOID: 0.2,
        Tissue.ANEURYSM: 2.4,
    },
    "vibe": {
        Tissue.AIR: 0.0, Tissue.CSF: 0.36, Tissue.GREY_MATTER: 0.80, Tissue.WHITE_MATTER: 1.0,
        Tissue.NERVE: 0.92, Tissue.ARTERY: 2.3, Tissue.VEIN: 2.3, Tissue.BONE: 0.1,
        Tissue.FAT: 2.2, Tissue.MUSCLE: 0.74, Tissue.INNER_EAR: 0.4, Tissue.CHOROID: 1.7,
        Tissue.SCHWANNOMA: 1.9, Tissue.MENINGIOMA: 2.0, Tissue.EPIDERMOID: 0.55,
        Tissue.ANEURYSM: 2.1,
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Appearance:
    """signal: brightness by tissue number, shape (number of tissues,).

    fading_mm: path over which TOF inflow falls by 1/e; infinite elsewhere. floor: brightness
    that saturated blood keeps. vessel_spread: log-spread between vessels (flow voids).
    """

    family: Family
    signal: NDArray[np.float64]
    fading_mm: float
    floor: float
    vessel_spread: float

    def of_vessel(self, vessel: Vessel, rng: np.random.Generator) -> NDArray[np.float64]:
        """Brightness at every point of a vessel."""
        base = self.signal[vessel.tissue] * np.exp(self.vessel_spread * rng.standard_normal())
        calibre = (
            np.clip(vessel.tube.radii / 0.5, 0.35, 1.0) if np.isfinite(self.fading_mm) else 1.0
        )
        share = np.exp(-vessel.path_mm / self.fading_mm) * calibre
        if vessel.tissue != Tissue.ARTERY:
            share = np.ones_like(vessel.path_mm)
        return np.asarray(self.floor + (base - self.floor) * share)


def random_appearance(family: Family, rng: np.random.Generator) -> Appearance:
    """One sequence's brightness, every tissue jittered by about 12 %."""
    if family == "random":
        return _without_physics(rng)
    signal = np.array([_SIGNALS[family][tissue] for tissue in Tissue])
    signal = signal * np.exp(0.12 * rng.standard_normal(len(signal)))
    fading, floor, spread = np.inf, 0.0, 0.3
    if family == "tof":
        fading, floor, spread = rng.uniform(60.0, 250.0), signal[Tissue.NERVE], 0.1
        signal[Tissue.FAT] *= rng.choice([1.0, 0.3])
        brain = rng.uniform(0.65, 1.0)  # magnetisation transfer
        signal[[Tissue.GREY_MATTER, Tissue.WHITE_MATTER, Tissue.NERVE]] *= brain
        signal[Tissue.CSF] *= rng.uniform(0.5, 1.2)
        signal[Tissue.VEIN] *= rng.uniform(0.8, 1.7)
    if family == "bssfp":
        signal[[Tissue.ARTERY, Tissue.ANEURYSM]] *= np.exp(rng.normal(0.0, 0.4))
    if family == "tse":
        signal[Tissue.FAT] *= rng.uniform(0.3, 2.2)
        signal[[Tissue.GREY_MATTER, Tissue.WHITE_MATTER, Tissue.NERVE]] *= rng.uniform(0.7, 2.0)
    return Appearance(family, signal, float(fading), float(floor), spread)


def _without_physics(rng: np.random.Generator) -> Appearance:
    """Random brightness for every tissue; nerve, artery and vein stay away from CSF."""
    signal = rng.uniform(0.05, 1.0, len(Tissue))
    signal[Tissue.AIR] = 0.0
    signal[Tissue.WHITE_MATTER] = signal[Tissue.GREY_MATTER] * rng.uniform(0.8, 1.2)
    signal[Tissue.NERVE] = signal[Tissue.WHITE_MATTER] * rng.uniform(0.85, 1.15)
    signal[Tissue.INNER_EAR] = signal[Tissue.CSF]
    for tissue in (Tissue.NERVE, Tissue.ARTERY, Tissue.VEIN, Tissue.GREY_MATTER):
        if abs(signal[tissue] - signal[Tissue.CSF]) < 0.25:
            signal[tissue] = signal[Tissue.CSF] + (0.4 if signal[Tissue.CSF] < 0.5 else -0.35)
    return Appearance("random", signal, np.inf, 0.0, 0.15)
