"""Proton density, T1 and T2 of every tissue at 1.5 and 3 tesla, and what contrast agent does.

At 3 T: round figures chosen so that the textbook equations give the usual relative signals of
balanced, spoiled and spin-echo sequences; between the values of Stanisz et al. (Magn Reson Med
2005;54:507: white matter 1084/69 ms, grey 1820/99, optic nerve 1083/78, blood 1932/275, muscle
1412/50) and those measured in the brainstem, which are shorter. At 1.5 T: the same authors'
ratios between the field strengths (884/72, 1124/95, 815/77, 1441/290, 1008/44), rounded. Fat: de
Bazelaire et al. (Radiology 2004;230:652: 343/58 and 382/68 ms). Liquor, inner ear, choroid
plexus, lesions, bone and the water of marrow: round figures without a source of their own.
Proton density is relative to liquor's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.tissues import Tissue

Values = NDArray[np.float64]

# Proton density; T1 at 1.5 and 3 T; T2 at 1.5 and 3 T. Times in ms.
_TABLE: dict[Tissue, tuple[float, float, float, float, float]] = {
    Tissue.AIR: (0.0, 1000.0, 1000.0, 100.0, 100.0),
    Tissue.CSF: (1.0, 4200.0, 4300.0, 2000.0, 1800.0),
    Tissue.GREY_MATTER: (0.82, 1150.0, 1400.0, 97.0, 95.0),
    Tissue.WHITE_MATTER: (0.71, 740.0, 900.0, 75.0, 72.0),
    Tissue.NERVE: (0.75, 830.0, 1050.0, 88.0, 85.0),
    Tissue.ARTERY: (0.88, 1400.0, 1650.0, 220.0, 140.0),
    Tissue.VEIN: (0.88, 1400.0, 1650.0, 120.0, 62.0),
    Tissue.BONE: (0.15, 350.0, 400.0, 4.0, 4.0),
    Tissue.FAT: (0.905, 340.0, 370.0, 68.0, 70.0),
    Tissue.MUSCLE: (0.78, 1010.0, 1400.0, 44.0, 40.0),
    Tissue.INNER_EAR: (1.0, 3900.0, 4000.0, 1700.0, 1500.0),
    Tissue.CHOROID: (0.9, 1500.0, 1800.0, 160.0, 140.0),
    Tissue.SCHWANNOMA: (0.855, 1400.0, 1700.0, 140.0, 130.0),
    Tissue.MENINGIOMA: (0.80, 1150.0, 1400.0, 95.0, 90.0),
    Tissue.EPIDERMOID: (0.95, 2300.0, 2400.0, 270.0, 250.0),
    Tissue.ANEURYSM: (0.88, 1400.0, 1650.0, 220.0, 140.0),
    Tissue.MARROW: (0.6, 900.0, 1100.0, 45.0, 40.0),
}  # fmt: skip

RELAXIVITY_1, RELAXIVITY_2 = 4.5e-3, 5.5e-3
"""1/(ms mmol/l) of the usual gadolinium chelates in blood; a round figure for both fields."""

# Concentration in mmol/l some minutes after a single dose: blood's is what turns its static
# signal into the usual 2.3-3.5 times that of white matter, the lesions' likewise; the others
# are round figures.
_UPTAKE: dict[Tissue, float] = {
    Tissue.ARTERY: 0.57, Tissue.VEIN: 0.57, Tissue.ANEURYSM: 0.57, Tissue.CHOROID: 0.5,
    Tissue.SCHWANNOMA: 0.37, Tissue.MENINGIOMA: 0.42, Tissue.MUSCLE: 0.07, Tissue.MARROW: 0.1,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Relaxation:
    """By tissue number: density relative to liquor's, t1_ms, t2_ms, and the field they hold at."""

    tesla: float
    density: Values
    t1_ms: Values
    t2_ms: Values

    def with_agent(self, concentration: Values) -> Relaxation:
        """Both rates raised by the agent's; concentration in mmol/l by tissue number."""
        return replace(
            self,
            t1_ms=1.0 / (1.0 / self.t1_ms + RELAXIVITY_1 * concentration),
            t2_ms=1.0 / (1.0 / self.t2_ms + RELAXIVITY_2 * concentration),
        )


def typical_relaxation(tesla: float) -> Relaxation:
    """The table's values. Raises ValueError for another field strength than 1.5 or 3 T."""
    if tesla not in (1.5, 3.0):
        raise ValueError(f"no relaxation times for {tesla} T; there are those of 1.5 and 3 T")
    rows = np.array([_TABLE[tissue] for tissue in Tissue])
    column = 0 if tesla == 1.5 else 1
    return Relaxation(tesla, rows[:, 0], rows[:, 1 + column], rows[:, 3 + column])


def random_relaxation(tesla: float, rng: np.random.Generator) -> Relaxation:
    """One subject's: times within about a factor of 1.3 of the table (two deviations)."""
    typical = typical_relaxation(tesla)
    spread = np.exp(np.array([[0.04], [0.12], [0.13]]) * rng.standard_normal((3, len(Tissue))))
    return Relaxation(
        tesla,
        typical.density * spread[0],
        typical.t1_ms * spread[1],
        typical.t2_ms * spread[2],
    )


def uptake(dose: float = 1.0) -> Values:
    """Agent in mmol/l by tissue number; dose relative to the usual 0.1 mmol/kg."""
    return dose * np.array([_UPTAKE.get(tissue, 0.0) for tissue in Tissue])
