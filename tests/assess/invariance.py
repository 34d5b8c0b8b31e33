"""What is measured and assessed of one contact in several poses and samplings of its true labels.

python -m tests.assess.invariance prints the changes for all places, axes and spacings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from scipy.spatial.transform import Rotation

from pipeline.assess.calibration import released_calibration
from pipeline.assess.contact import vessel_contact
from pipeline.assess.features import SideInputs
from pipeline.measure.contact import Surroundings
from pipeline.records.measurements import SideMeasurements

from ..measure.nerves import known_contact, measured_alone

FINE_MM, COARSE_MM = 0.4, 0.6
TURN_DEG = 10.0
_GAPS_MM, _ALONG_MM = (0.0, 0.4, 0.8, 1.6), (4.0, 9.0, 14.0)


@dataclass(frozen=True)
class Said:
    """Of one side: the measured gap, the probability of contact, the segment."""

    gap_mm: float
    probability: float
    segment: str


@cache
def said(gap_mm: float, s_mm: float, axis: str = "", spacing_mm: float = FINE_MM) -> Said:
    """From the true soft labels of a head turned about an axis, on a grid of this spacing."""
    turn = Rotation.from_euler(axis, TURN_DEG, degrees=True) if axis else None
    known = known_contact(gap_mm, 0.5, s_mm, turn=turn, spacing_mm=spacing_mm)
    around = Surroundings(voxel_mm=spacing_mm, contact_gap_mm=0.2, midline_x_mm=0.0)
    return said_of(measured_alone(known.soft, around), spacing_mm)


def said_of(side: SideMeasurements, voxel_mm: float) -> Said:
    """By the released calibration, with an angiogram."""
    assert side.contact is not None, side.reasons
    calibration, _ = released_calibration()
    inputs = SideInputs("t2", voxel_mm, tof_present=True)
    found = vessel_contact(side, inputs, calibration, prevalence=0.5)
    assert found.probability is not None
    return Said(side.contact.min_distance_mm, found.probability, side.contact.segment)


if __name__ == "__main__":
    for gap, along in product(_GAPS_MM, _ALONG_MM):
        before = said(gap, along)
        afters = {axis: said(gap, along, axis) for axis in "xyz"}
        afters[f"{COARSE_MM} mm"] = said(gap, along, spacing_mm=COARSE_MM)
        for name, after in afters.items():
            moved, changed = after.gap_mm - before.gap_mm, after.probability - before.probability
            print(f"{gap} mm at {along} mm, {name}: {moved:+.3f} mm {changed:+.3f}", flush=True)  # noqa: T201
