from __future__ import annotations

import numpy as np
import pytest

from pipeline.phantom.flow import Dephasing, Inflow, Lumen
from pipeline.phantom.shapes import Tube
from pipeline.phantom.tissues import Tissue
from pipeline.phantom.vessels import Vessel

INFLOW = Inflow(saturated=0.25, kept=0.92, tr_ms=22.0, speed_mm_per_ms=0.3, entry_mm=0.0)


def vessel(
    radius: float, start_mm: float, length_mm: float = 30.0, tissue: Tissue = Tissue.ARTERY
) -> Vessel:
    course = np.linspace([0.0, 0.0, 0.0], [0.0, 0.0, length_mm], 121)
    return Vessel("AICA", tissue, Tube.plain(course, radius), start_mm)


def seen(inflow: Inflow, some: Vessel) -> Lumen:
    return inflow.of_vessel(some, np.random.default_rng(3))


def test_blood_fades_along_its_path_down_to_its_saturated_level() -> None:
    lumen = seen(INFLOW, vessel(0.5, 40.0, 400.0))
    assert (np.diff(lumen.axis) < 0).all()
    assert lumen.axis[-1] == pytest.approx(0.25, abs=0.02)
    assert (lumen.wall <= lumen.axis).all()


def test_blood_outside_the_slab_is_fresh() -> None:
    late = Inflow(0.25, 0.92, 22.0, 0.3, entry_mm=15.0)
    lumen = seen(late, vessel(1.6, 0.0))
    assert lumen.axis[:50] == pytest.approx(1.0)
    assert lumen.axis[-1] < 0.97


def test_slow_and_narrow_vessels_fade_more() -> None:
    wide, narrow = (seen(INFLOW, vessel(radius, 40.0)).axis[-1] for radius in (1.6, 0.4))
    assert narrow < wide - 0.1
    slow = Inflow(0.25, 0.92, 22.0, 0.1, 0.0)
    assert seen(slow, vessel(1.6, 40.0)).axis[-1] < wide - 0.1


def test_pulses_are_counted_by_path_speed_and_repetition_time() -> None:
    """One pulse every 6.6 mm at 0.3 mm/ms and 22 ms; on the axis blood is twice as fast."""
    steady = Inflow(0.25, 0.92, 22.0, 0.3, 0.0)
    lumen = seen(steady, vessel(1.6, 0.0, 66.0))
    scatter = np.exp(0.25 * np.random.default_rng(3).standard_normal())
    pulses = 0.5 * 10.0 / scatter
    assert lumen.axis[-1] == pytest.approx(0.25 + 0.75 * 0.92**pulses, rel=1e-3)


def test_veins_are_darker_than_arteries_on_the_whole() -> None:
    rng = np.random.default_rng(5)
    veins = [INFLOW.of_vessel(vessel(0.6, 0.0, tissue=Tissue.VEIN), rng).axis[0] for _ in range(50)]
    assert np.median(veins) < 0.6
    assert np.ptp(veins) > 0.3


def test_voids_are_black_on_the_axis_and_grey_at_the_wall() -> None:
    lumen = Dephasing(0.2, 0.8, 0.0).of_vessel(vessel(1.0, 0.0), np.random.default_rng(1))
    assert lumen.axis == pytest.approx(0.2)
    assert lumen.wall == pytest.approx(0.6)
    sac = Dephasing(0.2, 0.8, 0.0).of_sac(np.random.default_rng(1))
    assert 0.2 <= sac.axis[0] <= sac.wall[0] <= 1.0
