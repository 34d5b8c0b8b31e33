"""The shell: from files of earlier stages to the record of measurements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyFailedError
from pipeline.measure import run
from pipeline.measure.soft_labels import load_soft_labels
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import Point, Side
from pipeline.records.landmarks import Localisation, Segmentation, SideLandmarks
from pipeline.records.measurements import Measurements
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import Preparation, PreparedVolume
from pipeline.settings import load_settings

from .nerves import KnownContact, known_contact

CASE = "0123456789ab"
IDENTITY = tuple(tuple(row) for row in np.eye(4).tolist())


@pytest.fixture
def folder(tmp_path: Path) -> CaseFolder:
    """A segmented study: the right side known, the left side outside the slab."""
    case = OutputFolder(tmp_path).case(CASE)
    known = known_contact(0.3, 0.5, 9.0)
    _write_probabilities(case, "right", known)
    rez = _point(known.soft.to_lps(known.rexp[None])[0])
    landmarks = SideLandmarks(
        rez_lps_mm=rez, rez_confidence=0.9, porus_lps_mm=rez, porus_confidence=0.9
    )
    Segmentation(
        case=CASE,
        localisation=Localisation(
            case=CASE, sides={"right": landmarks}, reasons={"left": ("outside_slab",)}
        ),
        covered={"right": ("t2",)},
        models=(),
        device="cpu",
    ).write(case.record("segment"))
    _preparation().write(case.record("prepare"))
    Outcome(stage="segment", state="done", key="k").write(case.outcome("segment"))
    return case


def test_measures_what_was_segmented(folder: CaseFolder) -> None:
    (outcome,) = run(folder.output, [CASE], load_settings())
    assert outcome.state == "done", outcome.message
    measured = Measurements.read(folder.record("measure"))
    assert measured.case == CASE
    contact = measured.sides["right"].contact
    assert contact is not None
    assert contact.min_distance_mm == pytest.approx(0.3, abs=0.1)
    assert contact.point_lps_mm[0] < 0
    half = contact.distance_interval_mm[1] - contact.min_distance_mm
    assert half == pytest.approx(1.645 * 0.3 * 0.5, abs=0.01)
    assert measured.sides["left"].reasons == ("outside_slab",)
    assert measured.sides["left"].contact is None


def test_missing_soft_labels_fail_this_study_with_a_sentence(folder: CaseFolder) -> None:
    folder.side_probabilities("right").unlink()
    (outcome,) = run(folder.output, [CASE], load_settings())
    assert (outcome.state, outcome.code) == ("failed", "probabilities_unreadable")
    assert not folder.record("measure").exists()


def test_damaged_and_malformed_soft_labels_are_refused(tmp_path: Path) -> None:
    damaged, malformed = tmp_path / "damaged.npz", tmp_path / "malformed.npz"
    damaged.write_bytes(b"PK\x03\x04 not a zip")
    np.savez(malformed, probabilities=np.zeros((9, 4, 4, 4), np.uint8), affine=np.eye(4))
    for path, code in ((damaged, "unreadable"), (malformed, "malformed")):
        with pytest.raises(StudyFailedError) as caught:
            load_soft_labels(path)
        assert caught.value.code == f"probabilities_{code}"


def _write_probabilities(case: CaseFolder, side: Side, known: KnownContact) -> None:
    path = case.side_probabilities(side)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, probabilities=known.soft.probabilities, affine=known.soft.grid.affine)


def _preparation() -> Preparation:
    volume = PreparedVolume(
        role="t2",
        series_instance_uid="1.2.3",
        file="t2.nii.gz",
        voxel_mm=(0.5, 0.5, 0.5),
        reference_to_volume_lps=IDENTITY,  # type: ignore[arg-type]
        residual_mm=0.0,
        intensity_low=0.0,
        intensity_high=1.0,
    )
    return Preparation(
        case=CASE, reference="t2", volumes={"t2": volume}, refused=(), degraded=("no_tof",)
    )


def _point(values: np.ndarray) -> Point:
    x, y, z = (float(v) for v in values)
    return (x, y, z)
