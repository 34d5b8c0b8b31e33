"""Labels and verdicts of a site: where they lie, whose they are, and what is refused and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom import Dataset

from pipeline.export.segments import SEGMENTS
from pipeline.export.source import read_header
from pipeline.geometry import Grid, Volume, resample, save_volume
from pipeline.labelled import LabelsRefusedError, read_site
from pipeline.labelled.drawn import Drawn, check_placing
from pipeline.labelled.nifti import read_nifti
from pipeline.labelled.said import read_said
from pipeline.labelled.seg import is_seg, read_seg
from pipeline.paths import case_of
from pipeline.records.labels import Label

from ..export.exported import STUDY, block_along, labels_in, small_study
from ..intake.series_writer import DIRECTIONS
from ..workflow.labelled_images import turned
from .segs import write_seg

CASE = case_of(STUDY)
NERVE = Label.FACIAL_NERVE_CISTERNAL
GRID = Grid((12, 10, 8), np.diag([0.5, 0.6, 0.7, 1.0]))
SHUFFLED = [Label.ARTERY, Label.FACIAL_NERVE_CISTERNAL, Label.TUMOUR, Label.BRAINSTEM,
            Label.FACIAL_NERVE_REZ, Label.VEIN, Label.VESTIBULOCOCHLEAR_NERVE]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., tuple[Volume, list[Dataset]]]:
    """Labels strewn over a small series in a given direction, and the headers of its slices."""

    def make(row: tuple[float, ...], column: tuple[float, ...]) -> tuple[Volume, list[Dataset]]:
        small = small_study(tmp_path / "study", block_along(row, column), seed=3)
        links = small.folder.output.series_links(small.folder.case, 1)
        headers = [read_header(path) for path in sorted(links.iterdir())]
        block = small.block
        return Volume(labels_in(block.shape, 3), Grid(block.shape, block.affine)), headers

    return make


def nerve_labels() -> Volume:
    array = np.zeros(GRID.shape, dtype=np.uint8)
    array[2:9, 4, 3] = NERVE
    array[2:9, 6, 3] = Label.ARTERY
    return Volume(array, GRID)


def places(labels: Volume) -> dict[int, set[tuple[float, ...]]]:
    """Voxel centres of every label, to a hundredth of a millimetre."""
    return {
        int(label): {
            tuple(point)
            for point in np.round(labels.grid.to_lps(np.argwhere(labels.array == label)), 2)
        }
        for label in np.unique(labels.array)
        if label
    }


@pytest.mark.parametrize(("row", "column"), DIRECTIONS[::6])
def test_a_seg_of_another_tool_lies_where_it_was_drawn(
    source: Callable[..., tuple[Volume, list[Dataset]]],
    tmp_path: Path,
    row: tuple[float, ...],
    column: tuple[float, ...],
) -> None:
    labels, headers = source(row, column)
    names = {Label.ARTERY: "artery", Label.FACIAL_NERVE_REZ: "Facial_nerve_REZ"}
    path = write_seg(tmp_path / "drawn", labels, headers, SHUFFLED, names=names)
    assert is_seg(path)
    drawn = read_seg(path)
    assert drawn.case == CASE
    assert drawn.frame_of_reference == headers[0].FrameOfReferenceUID
    assert places(drawn.labels) == places(labels)


def test_a_segment_that_is_no_label_is_refused(
    source: Callable[..., tuple[Volume, list[Dataset]]], tmp_path: Path
) -> None:
    labels, headers = source(*DIRECTIONS[0])
    names = {Label.TUMOUR: "Lesion of Mrs Muster"}
    path = write_seg(tmp_path / "drawn.dcm", labels, headers, SHUFFLED, names=names)
    with pytest.raises(LabelsRefusedError, match="segment 3 is none of the labels") as refused:
        read_seg(path)
    assert "Muster" not in str(refused.value)


def test_the_codes_of_the_export_are_all_different() -> None:
    codes = {(s.type.value, s.type.scheme_designator) for s in SEGMENTS.values()}
    assert len(codes) == len(SEGMENTS)


@pytest.mark.parametrize("name", [STUDY, CASE])
def test_nifti_belongs_to_the_study_that_its_name_says(tmp_path: Path, name: str) -> None:
    labels = turned(nerve_labels(), (2, 0, 1), (True, False, True))
    save_volume(labels, tmp_path / f"{name}.nii.gz")
    drawn = read_nifti(tmp_path / f"{name}.nii.gz")
    assert drawn.case == CASE
    assert places(drawn.labels) == places(nerve_labels())


def test_nifti_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    good = nerve_labels()
    without_nerve = np.where(good.array == NERVE, 0, good.array).astype(np.uint8)
    coarse = Grid(GRID.shape, np.diag([1.2, 1.2, 1.2, 1.0]))
    wrong = {
        "Muster_Erika": (good, "neither a StudyInstanceUID nor a case"),
        "1.2.1": (Volume(good.array + 20, GRID), "other numbers"),
        "1.2.2": (Volume(without_nerve, GRID), "no facial nerve"),
        "1.2.3": (Volume(good.array, coarse), "1.20 mm wide"),
        "1.2.4": (Volume(np.stack([good.array] * 2, axis=-1), GRID), "4 dimensions"),
    }
    for name, (volume, reason) in wrong.items():
        nib.save(
            nib.Nifti1Image(volume.array, np.diag([-1, -1, 1, 1]) @ volume.grid.affine),
            tmp_path / f"{name}.nii.gz",
        )
        with pytest.raises(LabelsRefusedError, match=reason):
            read_nifti(tmp_path / f"{name}.nii.gz")
    (tmp_path / "1.2.5.nii.gz").write_bytes(b"no NIfTI")
    with pytest.raises(LabelsRefusedError, match="cannot be read"):
        read_nifti(tmp_path / "1.2.5.nii.gz")
    image = nib.Nifti1Image(good.array, None)
    nib.save(image, tmp_path / "1.2.6.nii.gz")
    with pytest.raises(LabelsRefusedError, match="where the voxels lie"):
        read_nifti(tmp_path / "1.2.6.nii.gz")
    site = read_site(tmp_path)
    assert [one.file for one in site.refused] == [f"{n:03d}" for n in range(1, 8)]
    assert not site.studies


def test_labels_must_lie_in_the_study_and_be_drawn_by_a_person() -> None:
    labels = nerve_labels()
    own = Volume(np.roll(labels.array, 1, axis=1), GRID)
    check_placing(Drawn(CASE, labels, "1.2"), own, "1.2")
    check_placing(Drawn(CASE, labels, "1.2"), own, None)
    finer = Grid((24, 20, 16), np.diag([0.25, 0.3, 0.35, 1.0]))
    check_placing(Drawn(CASE, resample(labels, finer, order=0)), own, None)
    with pytest.raises(LabelsRefusedError, match="another frame of reference"):
        check_placing(Drawn(CASE, labels, "1.3"), own, "1.2")
    away = np.eye(4)
    away[0, 3] = 3.0
    with pytest.raises(LabelsRefusedError, match="labelled voxels lie in the reference"):
        check_placing(Drawn(CASE, Volume(labels.array, GRID.moved(away))), own, None)
    with pytest.raises(LabelsRefusedError, match="own answer"):
        check_placing(Drawn(CASE, turned(own, (1, 2, 0), (True, True, False))), own, None)


def test_verdicts_of_sides(tmp_path: Path) -> None:
    table = tmp_path / "readers.csv"
    table.write_text(
        "\ufeffStudy_Instance_UID;Side;Contact;Grade;Vessel;Tumour;Aneurysm;Remark\n"
        f"{STUDY};left;yes;deviation;aica;no;no;Mrs Muster\n"
        f"{STUDY};right;;near;;YES;;\n",
        encoding="utf-8",
    )
    left, right = read_said(table)
    assert (left.case, left.side, left.contact, left.grade) == (CASE, "left", True, "deviation")
    assert (left.vessel, left.tumour, left.aneurysm) == ("AICA", False, False)
    assert (right.contact, right.grade, right.tumour, right.aneurysm) == (False, "near", True, None)
    site = read_site(tmp_path)
    assert set(site.study(CASE).said) == {"left", "right"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name,side,contact\nMuster,left,yes\n", "no columns for study and side"),
        ("case,side,remark\n0123456789ab,left,x\n", "no column with a verdict"),
        ("case,side,contact\nMuster,left,yes\n", "line 2 names no study"),
        ("case,side,contact\n0123456789ab,both,yes\n", "line 2 has a word in column side"),
        ("case,side,contact\n0123456789ab,,yes\n", "line 2 names no side"),
        ("case,side,contact\n0123456789ab,left,maybe\n", "line 2 has a word in column contact"),
        ("case,side,contact,grade\n0123456789ab,left,no,contact\n", "contradicts"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused_with_its_line(
    tmp_path: Path, content: str, reason: str
) -> None:
    table = tmp_path / "readers.csv"
    table.write_text(content, encoding="utf-8")
    with pytest.raises(LabelsRefusedError, match=reason) as refused:
        read_said(table)
    assert "Muster" not in str(refused.value)


def test_one_file_and_one_verdict_for_each(tmp_path: Path) -> None:
    save_volume(nerve_labels(), tmp_path / f"{STUDY}.nii.gz")
    save_volume(nerve_labels(), tmp_path / f"{CASE}.nii.gz")
    line = f"{CASE},left,yes\n"
    (tmp_path / "a.csv").write_text("case,side,contact\n" + line + line, encoding="utf-8")
    site = read_site(tmp_path)
    reasons = [one.reason for one in site.refused]
    assert len(site.studies) == 1
    assert any("has labels in file" in reason for reason in reasons)
    assert any("more than one verdict" in reason for reason in reasons)
