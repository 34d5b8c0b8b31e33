"""Signal equations of the sequences: magnetisation of tissues at rest.

Brightness is relative to a full excitation of liquor's proton density.

Textbook steady states (Bernstein, King, Zhou: Handbook of MRI Pulse Sequences, 2004; balanced
sequence: Hinshaw 1976 and Hargreaves et al. 2001; inversion-prepared: Deichmann et al. 2000).
Times in ms, angles in rad; arrays are by tissue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.relaxation import Relaxation, Values


def spoiled_gradient_echo(
    tissue: Relaxation, tr_ms: float, te_ms: float, flip_rad: float
) -> Values:
    """Ernst's steady state of a spoiled gradient echo, T2 decay until the echo."""
    recovery = np.exp(-tr_ms / tissue.t1_ms)
    steady = (1.0 - recovery) / (1.0 - np.cos(flip_rad) * recovery)
    return np.asarray(tissue.density * np.sin(flip_rad) * steady * np.exp(-te_ms / tissue.t2_ms))


def saturation_per_pulse(t1_ms: float, tr_ms: float, flip_rad: float) -> float:
    """Share of its distance from the steady state that blood keeps after one more pulse."""
    return float(np.cos(flip_rad) * np.exp(-tr_ms / t1_ms))


def balanced_ssfp(
    tissue: Relaxation, tr_ms: float, flip_rad: float, dephasing_rad: float | NDArray[np.float64]
) -> Values:
    """Balanced steady state at an echo of TR/2. dephasing_rad: 0 is the middle of a pass band.

    Off-resonance turns the magnetisation by this angle in every TR; at pi the signal collapses
    (a band). An array of dephasings of shape (n, 1) gives (n, tissues).
    """
    e1, e2 = np.exp(-tr_ms / tissue.t1_ms), np.exp(-tr_ms / tissue.t2_ms)
    # Pulses of alternating sign: the pass band is centred at zero off-resonance.
    angle = np.asarray(dephasing_rad) + np.pi
    cos_flip, sin_flip = np.cos(flip_rad), np.sin(flip_rad)
    scale = (1.0 - e1 * cos_flip) * (1.0 - e2 * np.cos(angle)) - e2 * (e1 - cos_flip) * (
        e2 - np.cos(angle)
    )
    length = np.abs(1.0 - e2 * np.exp(-1j * angle))
    steady = (1.0 - e1) * sin_flip * length / scale
    return np.asarray(tissue.density * steady * np.exp(-0.5 * tr_ms / tissue.t2_ms))


def turbo_spin_echo(tissue: Relaxation, tr_ms: float, te_ms: float, driven: bool) -> Values:
    """A train of echoes around te_ms; `driven`: the last echo is tipped back to equilibrium."""
    e1, e2 = np.exp(-tr_ms / tissue.t1_ms), np.exp(-te_ms / tissue.t2_ms)
    back = e1 * e2 if driven else 0.0
    return np.asarray(tissue.density * e2 * (1.0 - e1) / (1.0 - back))


def inversion_prepared(
    tissue: Relaxation,
    tr_ms: float,
    ti_ms: float,
    te_ms: float,
    flip_rad: float,
    readout: tuple[int, float],
) -> Values:
    """Magnitude at the middle of a spoiled readout train, a time ti_ms after its inversion.

    readout: number of pulses and their distance in ms. One pulse alone is plain inversion
    recovery, weighed by the flip angle.
    """
    pulses, spacing_ms = readout
    before = pulses // 2
    kept = np.cos(flip_rad) * np.exp(-spacing_ms / tissue.t1_ms)
    level = (1.0 - np.exp(-spacing_ms / tissue.t1_ms)) / (1.0 - kept)
    wait = np.exp(-(ti_ms - before * spacing_ms) / tissue.t1_ms)
    rest = np.exp(-(tr_ms - ti_ms - (pulses - before) * spacing_ms) / tissue.t1_ms)
    # Each stage maps the longitudinal magnetisation m to slope * m + offset.
    slope, offset = -wait, 1.0 - wait
    slope, offset = slope * kept**before, level + (offset - level) * kept**before
    middle = slope, offset
    slope, offset = (
        slope * kept ** (pulses - before),
        level + (offset - level) * kept ** (pulses - before),
    )
    slope, offset = slope * rest, 1.0 + (offset - 1.0) * rest
    steady = offset / (1.0 - slope)
    echo = np.abs(middle[0] * steady + middle[1]) * np.sin(flip_rad)
    return np.asarray(tissue.density * echo * np.exp(-te_ms / tissue.t2_ms))
