"""Own labelled studies become crops; a patient's studies are never trained and tested on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.geometry import Volume, save_volume
from pipeline.paths import OutputFolder, case_of
from pipeline.records.labels import Label
from pipeline.train.own import OwnCrops, patient_of, write_crops
from pipeline.train.segmenter import load_crop

from .sites import BRIGHT, GRID, SMALL, add_study, outlined, site, uid_of

SEVEN = {n: f"ID{n}" for n in range(1, 8)}


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    return folder


def crops(output: OutputFolder, labels: Path, name: str = "own") -> OwnCrops:
    return write_crops(labels, output, output.root.parent / name, SMALL)


def patients(files: Iterable[Path]) -> set[str]:
    return {patient_of(path) for path in files}


def test_both_sides_become_crops_and_every_third_patient_is_kept(
    output: OutputFolder, labels: Path
) -> None:
    site(output, labels, SEVEN)
    own = crops(output, labels)
    assert len(own.training) == 2 * 5
    assert len(own.held_out) == 2 * 2
    assert patients(own.training) & patients(own.held_out) == set()
    assert own.refused == ()


def test_a_crop_shows_what_was_outlined_with_left_like_right(
    output: OutputFolder, labels: Path
) -> None:
    site(output, labels, SEVEN)
    first = crops(output, labels).training[0]
    left, right = (
        load_crop(first.with_name(first.name.replace("left", s))) for s in ("left", "right")
    )
    assert left.present.tolist() == [True, False, False]
    assert left.labels.shape == left.images.shape[1:] == (64, 64, 64)
    for label in (Label.BRAINSTEM, Label.FACIAL_NERVE_REZ, Label.ARTERY):
        inside = left.labels == label
        assert inside.any()
        shown = np.median(left.images[0][inside]) / np.median(left.images[0][left.labels == 5])
        assert shown == pytest.approx(BRIGHT[label] / BRIGHT[5], abs=0.15)
    assert (left.labels == right.labels).mean() > 0.95
    assert not left.images[1:].any()


def test_two_studies_of_a_patient_stay_together_and_numbers_last(
    output: OutputFolder, labels: Path
) -> None:
    site(output, labels, SEVEN)
    before = crops(output, labels, "before")
    site(output, labels, {**SEVEN, 8: "ID3", 9: "ID1"})
    after = crops(output, labels, "after")
    for old, new in ((before.training, after.training), (before.held_out, after.held_out)):
        assert patients(old) == patients(new)
    assert len(after.training) + len(after.held_out) == 2 * 9
    assert not any("ID" in path.name for path in after.training)


def test_too_few_patients_to_split(output: OutputFolder, labels: Path) -> None:
    site(output, labels, {n: f"ID{n}" for n in range(1, 6)})
    with pytest.raises(UsageError, match="too few labelled patients"):
        crops(output, labels)


@pytest.mark.parametrize("missing", [Label.BRAINSTEM, Label.ARTERY])
def test_a_structure_left_out_is_not_taught_as_absent(
    output: OutputFolder, labels: Path, missing: Label
) -> None:
    site(output, labels, SEVEN)
    part = np.where(outlined().array == missing, 0, outlined().array)
    save_volume(Volume(part, GRID), labels / f"{uid_of(2)}.nii.gz")
    own = crops(output, labels)
    (refused,) = own.refused
    assert refused.case == case_of(uid_of(2))
    assert missing.name.lower() in refused.reason
    assert "taught as absent" in refused.what_to_do
    assert len(own.training) + len(own.held_out) == 2 * 6


def test_a_study_refused_on_one_side_is_not_used_on_the_other(
    output: OutputFolder, labels: Path
) -> None:
    site(output, labels, SEVEN)
    part = outlined().array.copy()
    part[55:][part[55:] == Label.ARTERY] = 0
    save_volume(Volume(part, GRID), labels / f"{uid_of(2)}.nii.gz")
    own = crops(output, labels)
    assert [one.case for one in own.refused] == [case_of(uid_of(2))]
    assert not any(case_of(uid_of(2)) in path.name for path in (*own.training, *own.held_out))


def test_labels_that_were_withdrawn_are_not_used_again(output: OutputFolder, labels: Path) -> None:
    site(output, labels, SEVEN)
    before = crops(output, labels)
    (labels / f"{uid_of(2)}.nii.gz").unlink()
    after = crops(output, labels)
    assert len(before.training) + len(before.held_out) == 2 * 7
    assert len(after.training) + len(after.held_out) == 2 * 6


def test_labels_without_a_run_are_refused(output: OutputFolder, labels: Path) -> None:
    site(output, labels, SEVEN)
    save_volume(outlined(), labels / f"{uid_of(99)}.nii.gz")
    (refused,) = crops(output, labels).refused
    assert "no such study" in refused.reason


def test_a_study_without_a_patient_is_a_patient_of_its_own(
    output: OutputFolder, labels: Path
) -> None:
    site(output, labels, dict.fromkeys(range(1, 8), ""))
    own = crops(output, labels)
    assert len(patients(own.training) | patients(own.held_out)) == 7


def test_the_programs_own_answer_is_no_truth(output: OutputFolder, labels: Path) -> None:
    site(output, labels, SEVEN)
    save_volume(outlined(), add_study(output, 4).segmentation)
    (refused,) = crops(output, labels).refused
    assert "own answer" in refused.reason
