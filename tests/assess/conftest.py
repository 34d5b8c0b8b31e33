"""A calibration fitted by the product's own code on simulated measurements."""

from __future__ import annotations

import pytest

from pipeline.assess.calibration import Calibration
from pipeline.assess.sentences import load_sentences
from pipeline.assess.study import Yardstick
from pipeline.records.landmarks import ModelUsed
from pipeline.settings import load_settings

from .simulated import simulated_calibration


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    return simulated_calibration()


@pytest.fixture(scope="session")
def yardstick(calibration: Calibration) -> Yardstick:
    used = ModelUsed(name="assessment", version="0", sha256="0" * 64)
    return Yardstick(calibration, used, load_settings().assess, load_sentences())
