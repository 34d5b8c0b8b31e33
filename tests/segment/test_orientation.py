from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import NotAssessableError
from pipeline.geometry import Grid, Volume
from pipeline.segment.engine import Engine
from pipeline.segment.localise import localise
from pipeline.segment.orientation import contradicts_header, heatmaps
from pipeline.segment.peaks import CHANNELS
from pipeline.settings import load_settings
from tests.segment.fakes import gaussian, logit

LEAST = 0.2


def head() -> NDArray[np.float32]:
    """Brighter towards the front (first rows) and towards the head (last slices)."""
    _, y, z = np.meshgrid(*(np.linspace(0, 1, n) for n in (20, 22, 18)), indexing="ij")
    return (0.2 + 0.5 * (1 - y) + 0.3 * z).astype(np.float32)


def engine_that_knows_up(height: float = 0.8) -> Engine:
    """Landmarks as high as the picture is upright: full where front and head are bright."""

    def run(images: NDArray[np.float32]) -> NDArray[np.float32]:
        image = images[0, 0, :20, :22, :18]
        forwards = image[:, :5].mean() > image[:, -5:].mean()
        upwards = image[..., -5:].mean() > image[..., :5].mean()
        share = (0.1, 0.5, 1.0)[int(forwards) + int(upwards)]
        maps = np.zeros((1, len(CHANNELS) + 1, *images.shape[2:]), dtype=np.float32)
        for channel in range(len(CHANNELS)):
            blob = gaussian(images.shape[2:], np.array([4.0 + 3 * channel, 9.0, 8.0]), 1.5)
            maps[0, channel] = height * share * blob
        return logit(maps)

    return run


def contradicts(image: NDArray[np.float32], engine: Engine) -> bool:
    return contradicts_header(image, heatmaps(image, engine), engine, LEAST)


def test_an_upright_picture_agrees_with_its_header() -> None:
    assert not contradicts(head(), engine_that_knows_up())


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2)], ids=["front", "head", "both"])
def test_a_picture_turned_over_contradicts_its_header(axes: tuple[int, ...]) -> None:
    assert contradicts(np.flip(head(), axes), engine_that_knows_up())


def test_left_and_right_cannot_be_told_by_looking() -> None:
    assert not contradicts(np.flip(head(), 0), engine_that_knows_up())


def test_where_nothing_is_found_nothing_is_contradicted() -> None:
    assert not contradicts(np.flip(head(), 1), engine_that_knows_up(height=0.15))


def test_a_study_turned_over_is_not_assessable() -> None:
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    turned = np.ascontiguousarray(np.flip(head(), 1))
    volume = Volume(1000 * turned, Grid((20, 22, 18), affine))
    with pytest.raises(NotAssessableError, match="front and back") as refused:
        localise(volume, engine_that_knows_up(), load_settings().segment)
    assert refused.value.code == "image_contradicts_header"


@pytest.mark.parametrize(("height", "turned_over"), [(0.35, False), (0.45, True)])
def test_where_nothing_is_located_weak_peaks_of_a_turned_copy_prove_nothing(
    height: float, turned_over: bool
) -> None:
    turned = np.ascontiguousarray(np.flip(head(), 1))
    volume = Volume(1000 * turned, Grid((20, 22, 18), np.diag([3.0, 3.0, 3.0, 1.0])))
    engine, settings = engine_that_knows_up(height), load_settings().segment
    if turned_over:
        with pytest.raises(NotAssessableError, match="turned over"):
            localise(volume, engine, settings)
    else:
        assert localise(volume, engine, settings).found == {}
