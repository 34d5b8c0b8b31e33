"""What stands in the objects beside voxels and numbers: identities, UIDs, warnings, omissions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydicom import dcmread

from pipeline.export.patient_study import TYPE_2
from pipeline.export.segments import SEGMENTS
from pipeline.export.stage import export_study
from pipeline.geometry import load_volume, save_volume
from pipeline.records.export import ExportRecord
from pipeline.records.labels import Label
from pipeline.settings import load_settings

from ..intake.series_writer import CISS
from ..report.builders import unassessed
from .exported import STUDY, Small, oblique, small_study, with_pages

SETTINGS = load_settings()


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return with_pages(small_study(tmp_path, oblique(1)))


def record_of(small: Small) -> ExportRecord:
    return ExportRecord.read(small.folder.record("export"))


def uids_of(small: Small) -> dict[str, tuple[str, str]]:
    export_study(small.folder, SETTINGS)
    return {
        made.file: (made.series_instance_uid, made.sop_instance_uid)
        for made in record_of(small).objects
    }


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Grünwäldchen^Jürgen"),
        ("ISO_IR 192", "Łukasiewicz^Żaneta"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ],
)
def test_a_name_keeps_its_alphabet(
    tmp_path: Path, character_set: str | list[str], name: str
) -> None:
    header = CISS | {"SpecificCharacterSet": character_set, "PatientName": name}
    small = with_pages(small_study(tmp_path, oblique(1), header=header))
    files = export_study(small.folder, SETTINGS)

    objects = [dcmread(path) for path in files if path.suffix == ".dcm"]
    assert {made.Modality for made in objects} == {"SEG", "SR", "DOC", "OT"}
    assert {str(made.PatientName) for made in objects} == {name}


def test_every_object_belongs_to_the_patient_and_study_of_its_source(small: Small) -> None:
    files = export_study(small.folder, SETTINGS)
    source = dcmread(next(small.folder.output.series_links(small.folder.case, 1).iterdir()))

    objects = [dcmread(path) for path in files if path.suffix == ".dcm"]
    assert {made.Modality for made in objects} == {"SEG", "SR", "DOC", "OT"}
    assert len(objects) == 3 + len(small.findings.key_images)
    for made in objects:
        assert made.StudyInstanceUID == STUDY
        assert made.SeriesInstanceUID != source.SeriesInstanceUID
        for keyword in TYPE_2:
            assert keyword in made
            assert made.get(keyword) == source.get(keyword, made.get(keyword))
        assert not made.PatientSex, "the source does not say it"
        assert not made.PatientBirthDate
        assert "not for primary diagnosis" in made.SeriesDescription
        assert len(made.SeriesDescription) <= 64


def test_the_same_input_gives_the_same_files_again(small: Small) -> None:
    first = {path: path.read_bytes() for path in export_study(small.folder, SETTINGS)}
    second = {path: path.read_bytes() for path in export_study(small.folder, SETTINGS)}

    assert first == second


def test_a_later_rerun_gives_the_same_uids(small: Small) -> None:
    before = uids_of(small)
    os.utime(small.folder.findings, (1_000_000_000, 1_000_000_000))

    assert uids_of(small) == before


def test_a_changed_result_gets_new_uids_where_it_changed(small: Small) -> None:
    before = uids_of(small)
    labels = load_volume(small.folder.segmentation)
    labels.array[2, 2, 2] = 8
    save_volume(labels, small.folder.segmentation)
    after = uids_of(small)

    changed = {file for file in before if before[file] != after[file]}
    assert changed == {"dicom/segmentation.dcm", "dicom/measurements.dcm"}
    assert not {uid for pair in before.values() for uid in pair} & {
        uid for file in changed for uid in after[file]
    }


def test_all_uids_differ(small: Small) -> None:
    uids = uids_of(small)

    assert len({instance for _, instance in uids.values()}) == len(uids)
    assert len({series for series, _ in uids.values()}) == 4
    assert all(len(uid) <= 64 for pair in uids.values() for uid in pair)


def test_all_segments_are_described_with_their_numbers(small: Small) -> None:
    export_study(small.folder, SETTINGS)
    made = dcmread(small.folder.dicom("segmentation"))

    described = {int(item.SegmentNumber): item for item in made.SegmentSequence}
    assert set(described) == set(range(1, 9)) == {int(label) for label in SEGMENTS}
    frames = {
        int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for frame in made.PerFrameFunctionalGroupsSequence
    }
    assert frames == set(range(1, 8)), "the absent aneurysm has no frame"
    nerve = described[Label.FACIAL_NERVE_CISTERNAL].SegmentedPropertyTypeCodeSequence[0]
    assert (nerve.CodeValue, nerve.CodingSchemeDesignator) == ("56052001", "SCT")
    assert len({item.TrackingUID for item in made.SegmentSequence}) == 8
    for item in made.SegmentSequence:
        algorithm = item.SegmentationAlgorithmIdentificationSequence[0]
        assert "cpa_segmenter=0.1.0 a7a7" in str(algorithm.AlgorithmParameters)
    measures = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert measures.SpacingBetweenSlices == pytest.approx(0.9), "not the header's 21.7"


def test_without_a_pdf_the_rest_is_written_and_it_says_so(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(1))
    export_study(small.folder, SETTINGS)

    record = record_of(small)
    assert [made.kind for made in record.objects] == ["segmentation", "measurements"]
    assert {entry.kind: entry.reason for entry in record.left_out} == {
        "report": "there is no report.pdf",
        "key_image": f"{len(small.findings.key_images)} of "
        f"{len(small.findings.key_images)} pictures are not there",
    }


def test_the_pdf_comes_back_as_it_was(small: Small) -> None:
    export_study(small.folder, SETTINGS)
    made = dcmread(small.folder.dicom("report"))
    pdf = small.folder.report_pdf.read_bytes()

    assert made.EncapsulatedDocument[: made.EncapsulatedDocumentLength] == pdf
    assert made.BurnedInAnnotation == "NO"


def test_a_page_with_names_is_declared_as_such(small: Small) -> None:
    export_study(small.folder, SETTINGS.model_copy(update={"identify": True}))

    assert dcmread(small.folder.dicom("report")).BurnedInAnnotation == "YES"


def test_a_study_that_was_not_assessable_has_its_reason_in_the_archive(small: Small) -> None:
    found = unassessed("not_assessable", "no heavily T2-weighted series", STUDY)
    found.write(small.folder.findings)
    export_study(small.folder, SETTINGS)

    record = record_of(small)
    assert [made.kind for made in record.objects] == ["measurements", "report"]
    assert record.left_out[0].reason == "the study was not segmented"


def test_a_failed_study_sends_nothing(small: Small) -> None:
    unassessed("failed", "internal error", STUDY).write(small.folder.findings)
    export_study(small.folder, SETTINGS)

    record = record_of(small)
    assert record.objects == ()
    assert len(record.left_out) == 4


def test_a_source_without_frame_of_reference_gets_no_segmentation(small: Small) -> None:
    for path in small.folder.output.series_links(small.folder.case, 1).iterdir():
        source = dcmread(path)
        del source.FrameOfReferenceUID
        source.save_as(path)
    export_study(small.folder, SETTINGS)

    left_out = {entry.kind: entry.reason for entry in record_of(small).left_out}
    assert left_out == {"segmentation": "the source images name no frame of reference"}
