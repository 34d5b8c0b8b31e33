"""What the header says of an image is confirmed by its brightness before it counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import convert, intake
from pipeline.convert.appearance import appearance_of, contradiction
from pipeline.geometry import Grid, Volume, load_volume
from pipeline.paths import OutputFolder
from pipeline.records.volumes import Conversion
from pipeline.settings import REPOSITORY, load_settings

from ..intake.series_writer import CISS, TOF, Block, Identity, write_series

LOOKS = {"t2": (0.25, 1.0, 0.25), "tof": (1.0, 0.4, 3.0), "t1": (1.0, 0.2, 0.3)}
"""Brightness of brain, of fluid and of a vessel."""


def head(look: str, shape: tuple[int, int, int] = (60, 64, 30), voxel_mm: float = 2.0) -> NDArray:
    """A ball of brain in fluid in bone in skin, with a vessel beside it, and some noise."""
    brain, fluid, vessel = LOOKS[look]
    away_mm = [np.arange(n) * voxel_mm - (n - 1) * voxel_mm / 2 for n in shape]
    x, y, z = np.meshgrid(*away_mm, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    edges = (0.0, 32.0, 40.0, 46.0, 54.0)
    levels = (brain, fluid, 0.02, 0.5 * max(LOOKS[look]))
    array = np.zeros(shape)
    for level, low, high in zip(levels, edges, edges[1:], strict=False):
        array[(radius >= low) & (radius < high)] = level
    array[(np.hypot(x - 34, y) < 3) & (radius < 40)] = vessel
    noise = np.random.default_rng(1).normal(0, 0.02, shape)
    return np.asarray(1000 * np.abs(array + noise))


def volume_of(array: NDArray, voxel_mm: float = 2.0) -> Volume:
    return Volume(array, Grid(array.shape, np.diag([voxel_mm] * 3 + [1.0])))


def code(role: str, volume: Volume) -> str | None:
    refused = contradiction(role, volume)
    return refused.code if refused else None


@pytest.mark.parametrize(
    ("role", "look", "refused"),
    [
        ("t2", "t2", False), ("t2", "tof", True), ("t2", "t1", True),
        ("tof", "tof", False), ("tof", "t2", True), ("tof", "t1", True),
        ("t1c", "t1", False), ("t1c", "t2", True),
    ],
)  # fmt: skip
def test_roles_against_looks(role, look, refused):
    found = code(role, volume_of(head(look)))
    assert found == ("image_contradicts_role" if refused else None)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    st.sampled_from(["t2", "tof"]), st.permutations(range(3)), st.integers(0, 7),
    st.floats(0.01, 50), st.sampled_from([np.int16, np.float32, np.float64]),
)  # fmt: skip
def test_neither_direction_nor_scale_nor_type_counts(look, axes, flips, scale, kind):
    array = head(look)
    expected = appearance_of(volume_of(array))
    turned = np.flip(array, [k for k in range(3) if flips >> k & 1]).transpose(axes)
    if np.issubdtype(kind, np.integer):
        scale = max(scale, 1.0) if scale < 8 else 8.0
    found = appearance_of(volume_of((turned * scale).astype(kind)))
    assert found is not None
    assert expected is not None
    assert found.border == pytest.approx(expected.border, abs=0.15)
    assert found.brightest == pytest.approx(expected.brightest, rel=0.1)


def test_the_input_is_left_alone():
    array = head("t2")
    before = array.copy()
    appearance_of(volume_of(array))
    assert (array == before).all()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((30, 30, 20)),
        np.full((30, 30, 20), 7),
        np.random.default_rng(1).integers(0, 2000, (30, 30, 24)),
        np.random.default_rng(1).integers(0, 2000, (2, 3, 1)),
        np.full((30, 30, 20), -5.0),
    ],
)
def test_where_nothing_looks_like_a_head_the_header_stands(array):
    assert [code(role, volume_of(array)) for role in ("t2", "tof", "t1c")] == [None] * 3


@dataclass(frozen=True)
class Head(Block):
    """A series of a head. look: what its images show, whatever its header says."""

    shape: tuple[int, int, int] = (150, 150, 60)
    spacing: tuple[float, float, float] = (0.75, 0.75, 0.8)
    look: str = "t2"

    @cached_property
    def array(self) -> NDArray[np.uint16]:  # type: ignore[override]
        return head(self.look, self.shape, 0.75).astype(np.uint16)


def test_a_series_that_contradicts_its_header_is_not_used_and_the_next_one_is(source, run_convert):
    study = Identity()
    write_series(source / "a", CISS, Head(look="tof"), identity=study)
    second = Head(look="t2", spacing=(0.75, 0.75, 0.9))
    write_series(source / "b", CISS, second, identity=study)
    record = run_convert().record
    (refused,) = record.refused
    assert (refused.role, refused.code) == ("t2", "image_contradicts_role")
    assert "darker than the brain" in refused.message
    assert record.volumes["t2"].voxel_mm[2] == pytest.approx(0.9, abs=1e-5)
    assert record.degraded == ("no_tof", "no_t1c")


def test_exchanged_headers_end_without_an_assessment_and_say_why(source, run_convert):
    study = Identity()
    write_series(source / "a", CISS, Head(look="tof"), identity=study)
    write_series(source / "b", TOF, Head(look="t2"), identity=study)
    outcome = run_convert().outcome
    assert (outcome.state, outcome.code) == ("not_assessable", "no_t2_and_no_tof")
    assert outcome.message is not None
    assert "unlike on T2-weighted images" in outcome.message
    assert "as on T2-weighted images" in outcome.message


def test_a_contradicted_series_beside_a_good_one_degrades_the_study(source, run_convert):
    study = Identity()
    write_series(source / "a", CISS, Head(look="t2"), identity=study)
    write_series(source / "b", TOF, Head(look="t1"), identity=study)
    record = run_convert().record
    assert set(record.volumes) == {"t2"}
    assert record.degraded == ("tof_contradicted", "no_t1c")


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> list[dict[str, Volume]]:
    """The volumes of all generated sample studies."""
    output = OutputFolder(tmp_path_factory.mktemp("samples"))
    cases = [
        s.case for s in intake.run(REPOSITORY / "sample_dicoms", output, load_settings()).studies
    ]
    convert.run(output, cases, load_settings())
    records = [Conversion.read(output.case(case).record("convert")) for case in cases]
    return [
        {role: load_volume(output.root / volume.file) for role, volume in record.volumes.items()}
        for record in records
    ]


def test_generated_studies_look_like_their_headers(samples):
    """Conversion has refused none, and each is far from the limit."""
    assert [sorted(volumes)[-2:] for volumes in samples] == [["t2", "tof"]] * 5
    for volumes in samples:
        for role, volume in volumes.items():
            found = appearance_of(volume)
            assert found is not None
            assert found.border > 0.4 if role == "t2" else found.border < -0.45
            assert found.brightest > 1.9


def test_generated_studies_with_exchanged_roles_are_refused(samples):
    for volumes in samples:
        for role, volume in volumes.items():
            for wrong in ("tof", "t1c") if role == "t2" else ("t2",):
                assert code(wrong, volume) == "image_contradicts_role"


def test_the_real_angiogram_is_one(real_data: Path, tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    (study,) = intake.run(real_data / "tof-study-siemens", output, load_settings()).studies
    convert.run(output, [study.case], load_settings())
    volume = load_volume(output.case(study.case).nifti("tof"))
    assert contradiction("tof", volume) is None
    assert code("t2", volume) == "image_contradicts_role"
