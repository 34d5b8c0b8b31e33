"""How bright each tissue is in one sequence of one subject.

A physical look follows from a sequence's equations (`signals`), the subject's relaxation times
and the blood's flow; a `random` one knows no physics at all, so that a network trained on both
cannot rely on any (SynthSeg's idea: Billot et al., Med Image Anal 2023;86:102789).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.phantom.flow import Blood, Dephasing, Inflow
from pipeline.phantom.relaxation import Relaxation, Values, random_relaxation, uptake
from pipeline.phantom.sequences import HZ_PER_PPM_TESLA, Family, Physical, Sequence, random_sequence
from pipeline.phantom.signals import saturation_per_pulse
from pipeline.phantom.tissues import Tissue

BRAIN = [Tissue.GREY_MATTER, Tissue.WHITE_MATTER, Tissue.NERVE]
_BAND_COMPONENTS = 4
"""Signals of all tissues against dephasing are given by so many curves to better than 1 %."""


@dataclass(frozen=True, eq=False)
class Bands:
    """Brightness of a balanced sequence off resonance.

    The table of dephasings (from -pi to pi) by tissues is the sum over components of curves
    (components, angles) times signals (components, tissues).
    centre_hz: what the scanner's frequency is off.
    """

    signals: Values
    curves: Values
    tr_ms: float
    tesla: float
    centre_hz: float

    @property
    def ppm_to_turns(self) -> float:
        """Turns within one TR by one part per million of the field."""
        return HZ_PER_PPM_TESLA * self.tesla * self.tr_ms * 1e-3

    @property
    def centre_turns(self) -> float:
        return self.centre_hz * self.tr_ms * 1e-3


@dataclass(frozen=True, eq=False)
class Appearance:
    """How one sequence shows every tissue.

    signal: brightness by tissue number, shape (number of tissues,); that of liquor is 1 in
    T2-weighted looks, that of white matter in the others; blood at rest, or fresh on TOF.
    fat_phase_rad: of fat against water. pulsation: share of the liquor's brightness that is
    lost where it moves most. bands: None where the field does not matter.
    """

    family: Family
    signal: Values
    blood: Blood
    fat_phase_rad: float = 0.0
    pulsation: float = 0.0
    bands: Bands | None = None

    @property
    def components(self) -> Values:
        """What is painted: (components, tissues), one row but for banding sequences."""
        return self.signal[None] if self.bands is None else self.bands.signals

    def of_mixture(self, fat: float, water: Tissue) -> Values:
        """Brightness (components,) of fat mixed with a watery tissue, by their phases."""
        rows = self.components
        turned = fat * rows[:, Tissue.FAT] * np.exp(1j * self.fat_phase_rad)
        mixed = (1.0 - fat) * rows[:, water] + turned
        return np.asarray(mixed.real if self.fat_phase_rad == 0.0 else np.abs(mixed))


def random_appearance(
    family: Family, rng: np.random.Generator, tesla: float | None = None
) -> Appearance:
    """A look from random relaxation times and parameters; a random field strength for None."""
    if family == "random":
        return _without_physics(rng)
    field = tesla or (3.0 if rng.random() < 0.6 else 1.5)
    return _physical(random_sequence(family, rng), random_relaxation(field, rng), rng)


def _physical(sequence: Sequence, tissue: Relaxation, rng: np.random.Generator) -> Appearance:
    if sequence.family in ("mprage", "vibe"):
        dose = float(np.exp(rng.normal(0.0, 0.35)))
        tissue = tissue.with_agent(uptake(dose) * np.exp(0.2 * rng.standard_normal(len(Tissue))))
    signal = sequence.signal(tissue)
    if sequence.family == "tof":
        return _angiogram(sequence, tissue, signal, rng)
    if sequence.family == "tse":
        # J-coupling keeps fat bright in long trains; many protocols suppress it.
        signal[Tissue.FAT] *= rng.choice([rng.uniform(1.0, 5.0), rng.uniform(0.1, 0.6)])
    if sequence.family in ("mprage", "vibe"):
        signal[Tissue.FAT] *= rng.choice([1.0, rng.uniform(0.1, 0.4)], p=[0.7, 0.3])
    reference = signal[_reference_tissue(sequence.family)]
    return Appearance(
        sequence.family,
        signal / reference,
        _dephasing(sequence.family, rng),
        fat_phase_rad=sequence.fat_phase_rad(tissue.tesla),
        pulsation=_pulsation(sequence, rng),
        bands=_bands(sequence, tissue, float(reference), rng),
    )


def _angiogram(
    sequence: Sequence, tissue: Relaxation, signal: Values, rng: np.random.Generator
) -> Appearance:
    """Time-of-flight: inflow, magnetisation transfer, fat anywhere from suppressed to full."""
    transfer = rng.choice([1.0, rng.uniform(0.62, 0.85)])  # brain loses 20-35 %
    signal[[*BRAIN, Tissue.MUSCLE]] *= transfer
    signal[Tissue.FAT] *= rng.choice([1.0, rng.uniform(0.03, 0.9)], p=[0.3, 0.7])
    # Ramped flip angles (TONE) spare blood where it enters and favour it where it leaves; a
    # coil favours vessels in front. On a real angiogram (1.5 T, TR 27, TE 7, 25 degrees, ramp of
    # 50 %) arteries were 4.4-6.3 times as bright as the pons, fresh blood by the equations 4.6.
    ramp = rng.choice([1.0, rng.uniform(0.6, 1.0)])
    gain = rng.uniform(0.85, 1.55)
    echo = np.exp(-sequence.te_ms / tissue.t2_ms)
    resting = signal / (tissue.density + 1e-9)
    fresh = np.sin(sequence.flip_rad) * echo
    blood = [Tissue.ARTERY, Tissue.VEIN, Tissue.ANEURYSM]
    signal[blood] = (tissue.density * fresh)[blood] * gain
    inflow = Inflow(
        saturated=float(resting[Tissue.ARTERY] / (fresh[Tissue.ARTERY] * gain)),
        kept=saturation_per_pulse(
            float(tissue.t1_ms[Tissue.ARTERY]), sequence.tr_ms, ramp * sequence.flip_rad
        ),
        tr_ms=sequence.tr_ms,
        speed_mm_per_ms=float(np.exp(rng.uniform(np.log(0.12), np.log(0.6)))),
        entry_mm=float(rng.uniform(-40.0, 40.0)),
    )
    return Appearance(
        "tof",
        signal / signal[Tissue.WHITE_MATTER],
        inflow,
        fat_phase_rad=sequence.fat_phase_rad(tissue.tesla),
    )


def _reference_tissue(family: Physical) -> Tissue:
    return Tissue.CSF if family in ("bssfp", "tse") else Tissue.WHITE_MATTER


def _dephasing(family: Physical, rng: np.random.Generator) -> Dephasing:
    """Voids or grey lumens, as protocols differ: some black, some nearly as blood at rest."""
    if family == "tse":
        void = rng.random() < 0.7
        artery = rng.uniform(0.1, 0.35) if void else rng.uniform(0.35, 0.9)
        return Dephasing(artery, rng.uniform(0.5, 1.0), 0.3)
    if family == "bssfp":
        return Dephasing(rng.uniform(0.25, 1.15), rng.uniform(0.7, 1.1), 0.25)
    return Dephasing(rng.uniform(0.75, 1.1), rng.uniform(0.85, 1.1), 0.1)


def _pulsation(sequence: Sequence, rng: np.random.Generator) -> float:
    """Turbo spin echoes lose moving liquor; balanced ones are compensated and hardly do."""
    if sequence.family == "tse":
        return float(rng.uniform(0.1, 0.8) if rng.random() < 0.6 else 0.0)
    if sequence.family == "bssfp":
        return float(rng.uniform(0.0, 0.2) if rng.random() < 0.3 else 0.0)
    return 0.0


def _bands(
    sequence: Sequence, tissue: Relaxation, reference: float, rng: np.random.Generator
) -> Bands | None:
    if sequence.family != "bssfp" or sequence.cycles != 1:
        return None
    centre_hz = float(rng.normal(0.0, 10.0))
    return band_components(sequence, tissue, reference, centre_hz)


def band_components(
    sequence: Sequence, tissue: Relaxation, reference: float, centre_hz: float
) -> Bands:
    """The table of signals over dephasings and tissues, divided by `reference`, as few curves."""
    angles = np.linspace(-np.pi, np.pi, 257)
    table = sequence.at_dephasing(tissue, angles) / reference
    left, size, right = np.linalg.svd(table, full_matrices=False)
    curves = (left * size)[:, :_BAND_COMPONENTS].T
    return Bands(right[:_BAND_COMPONENTS], curves, sequence.tr_ms, tissue.tesla, centre_hz)


def _without_physics(rng: np.random.Generator) -> Appearance:
    """Random brightness for every tissue; nerve, artery and vein stay away from liquor."""
    signal = rng.uniform(0.05, 1.0, len(Tissue))
    signal[Tissue.AIR] = 0.0
    signal[Tissue.WHITE_MATTER] = signal[Tissue.GREY_MATTER] * rng.uniform(0.8, 1.2)
    signal[Tissue.NERVE] = signal[Tissue.WHITE_MATTER] * rng.uniform(0.85, 1.15)
    signal[Tissue.INNER_EAR] = signal[Tissue.CSF]
    for tissue in (Tissue.NERVE, Tissue.ARTERY, Tissue.VEIN, Tissue.GREY_MATTER):
        if abs(signal[tissue] - signal[Tissue.CSF]) < 0.25:
            signal[tissue] = signal[Tissue.CSF] + (0.4 if signal[Tissue.CSF] < 0.5 else -0.35)
    return Appearance("random", signal, Dephasing(1.0, 1.0, 0.15))
