"""What the models look at."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.assess.features import aneurysm_features

from .simulated import aneurysm


def test_an_aneurysm_counts_by_how_sure_its_label_is() -> None:
    """In log odds above those of 0.2, up to which it is as good as not there."""
    sure = aneurysm_features(aneurysm(mean_probability=0.8))["certainty"]
    assert sure == pytest.approx(np.log(4.0) - np.log(0.25))
    assert aneurysm_features(None)["certainty"] == 0.0
    assert aneurysm_features(aneurysm(mean_probability=0.1))["certainty"] == 0.0
    assert aneurysm_features(aneurysm(mean_probability=0.5))["certainty"] == pytest.approx(
        np.log(4.0)
    )
    surest = aneurysm_features(aneurysm(mean_probability=1.0))["certainty"]
    assert surest == aneurysm_features(aneurysm(mean_probability=0.98))["certainty"]
    assert surest == pytest.approx(np.log(49.0) + np.log(4.0))


def test_its_size_says_nothing_about_whether_it_is_one() -> None:
    small, large = (aneurysm_features(aneurysm(volume_mm3=volume)) for volume in (5.0, 500.0))
    assert small == large
