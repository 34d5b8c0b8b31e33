"""The preparation of a study: what is used, what is refused, and what the record says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline import prepare
from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import OutputFolder
from pipeline.prepare import study
from pipeline.prepare.intensity import intensity_range
from pipeline.prepare.registration import Registration
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import (
    Conversion,
    ConvertedVolume,
    ImageRole,
    Preparation,
    Refusal,
)
from pipeline.settings import PrepareSettings, load_settings

CASE = "0123456789ab"
SHAPE = (12, 10, 8)
EARLIER = Refusal(role="t1c", series_instance_uid="1.9", code="too_thick", message="4 mm slices")
SHIFT = np.array([[1.0, 0, 0, 0.25], [0, 1, 0, -3.5], [0, 0, 1, 2.0], [0, 0, 0, 1]])


def image(role: ImageRole) -> Volume:
    """Volumes of the roles differ in brightness and place."""
    number = ("t2", "tof", "t1c").index(role)
    affine = np.diag([0.5, 0.5, 0.8, 1.0])
    affine[:3, 3] = number
    array = np.random.default_rng(number).integers(0, 400 * (number + 1), SHAPE).astype(np.int16)
    return Volume(array, Grid(SHAPE, affine))


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


def convert(
    output: OutputFolder,
    *roles: ImageRole,
    refused: tuple[Refusal, ...] = (),
    degraded: tuple[str, ...] = (),
) -> None:
    """The output folder as the convert stage leaves it, the first role being the reference."""
    folder = output.case(CASE)
    volumes = {}
    for number, role in enumerate(roles):
        save_volume(image(role), folder.nifti(role))
        volumes[role] = ConvertedVolume(
            role=role,
            series_instance_uid=f"1.{number}",
            file=output.relative(folder.nifti(role)),
            shape=SHAPE,
            voxel_mm=(0.5, 0.5, 0.8),
        )
    Conversion(
        case=CASE, reference=roles[0], volumes=volumes, refused=refused, degraded=degraded
    ).write(folder.record("convert"))
    Outcome(stage="convert", state="done", key="k").write(folder.outcome("convert"))


def substitute(
    monkeypatch: pytest.MonkeyPatch, residual_mm: Callable[[Volume], float]
) -> list[tuple[float, float]]:
    """Put a registration with a known result in place; returns the origins that it was called with.

    residual_mm: of a moving volume.
    """
    calls: list[tuple[float, float]] = []

    def register(reference: Volume, moving: Volume, settings: PrepareSettings) -> Registration:
        assert settings == load_settings().prepare
        calls.append((reference.grid.affine[0, 3], moving.grid.affine[0, 3]))
        return Registration(SHIFT, residual_mm(moving))

    monkeypatch.setattr(study, "register", register)
    return calls


def run(output: OutputFolder) -> Preparation:
    outcome = prepare.run(output, [CASE], load_settings())[0]
    assert (outcome.stage, outcome.state) == ("prepare", "done"), outcome.message
    assert outcome.files == (output.relative(output.case(CASE).record("prepare")),)
    return Preparation.read(output.case(CASE).record("prepare"))


def test_sequences_are_placed_on_the_reference(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "t2", "tof", "t1c")
    calls = substitute(monkeypatch, lambda _: 0.4321)

    found = run(output)

    assert calls == [(0.0, 1.0), (0.0, 2.0)]  # t2 stays, the others move
    assert (found.case, found.reference) == (CASE, "t2")
    assert set(found.volumes) == {"t2", "tof", "t1c"}
    assert found.refused == found.degraded == ()
    assert np.array_equal(found.volumes["t2"].reference_to_volume_lps, np.eye(4))
    assert found.volumes["t2"].residual_mm == 0.0
    assert np.array_equal(found.volumes["tof"].reference_to_volume_lps, SHIFT)
    assert found.volumes["tof"].residual_mm == 0.432
    assert found.volumes["tof"].file == f"studies/{CASE}/nifti/tof.nii.gz"
    assert found.volumes["tof"].series_instance_uid == "1.1"


def test_each_sequence_has_its_own_brightness(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "t2", "tof")
    substitute(monkeypatch, lambda _: 0.1)

    for role, volume in run(output).volumes.items():
        expected = intensity_range(image(role).array)
        assert (volume.intensity_low, volume.intensity_high) == pytest.approx(expected)


def test_the_record_is_read_as_it_was_written(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    convert(output, "t2", "tof", refused=(EARLIER,), degraded=("no_t1c",))
    substitute(monkeypatch, lambda _: 0.1)

    found = run(output)
    found.write(tmp_path / "again.json")

    assert Preparation.read(tmp_path / "again.json") == found


@pytest.mark.parametrize("residual_mm", [2.01, 5.0, float("inf")])
@pytest.mark.parametrize("role", ["tof", "t1c"])
def test_a_sequence_that_is_off_is_refused_and_the_others_are_kept(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch, role: ImageRole, residual_mm: float
) -> None:
    convert(output, "t2", "tof", "t1c")
    off = image(role).grid.affine[0, 3]
    substitute(monkeypatch, lambda moving: residual_mm if moving.grid.affine[0, 3] == off else 0.2)

    found = run(output)

    assert set(found.volumes) == {"t2", "tof", "t1c"} - {role}
    assert found.degraded == (f"{role}_refused",)
    (refusal,) = found.refused
    assert (refusal.role, refusal.code) == (role, "registration_failed")
    assert refusal.series_instance_uid == {"tof": "1.1", "t1c": "1.2"}[role]
    assert "2.0 mm" in refusal.message
    assert "inf" not in refusal.message


def test_a_residual_at_the_limit_is_still_used(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "t2", "tof")
    substitute(monkeypatch, lambda _: load_settings().prepare.refuse_residual_mm)

    assert set(run(output).volumes) == {"t2", "tof"}


def test_both_refused_leave_the_reference_alone(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "t2", "tof", "t1c")
    substitute(monkeypatch, lambda _: float("inf"))

    found = run(output)

    assert set(found.volumes) == {"t2"}
    assert found.degraded == ("tof_refused", "t1c_refused")


def test_what_conversion_refused_is_carried_on(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "tof", "t1c", refused=(EARLIER,), degraded=("no_t2",))
    calls = substitute(monkeypatch, lambda _: 3.0)

    found = run(output)

    assert calls == [(1.0, 2.0)]
    assert found.reference == "tof"
    assert found.refused[0] == EARLIER
    assert found.degraded == ("no_t2", "t1c_refused")


def test_a_reference_alone_needs_no_registration(
    output: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(output, "tof", degraded=("no_t2", "no_t1c"))
    calls = substitute(monkeypatch, lambda _: 0.1)

    found = run(output)

    assert calls == []
    assert set(found.volumes) == {"tof"}
    assert found.degraded == ("no_t2", "no_t1c")


def test_a_study_that_was_not_converted_is_passed_on(output: OutputFolder) -> None:
    Outcome(
        stage="convert", state="not_assessable", key="k", code="no_volume", message="no t2, no tof"
    ).write(output.case(CASE).outcome("convert"))

    outcome = prepare.run(output, [CASE], load_settings())[0]

    assert (outcome.state, outcome.code) == ("not_assessable", "no_volume")
    assert not output.case(CASE).record("prepare").exists()
