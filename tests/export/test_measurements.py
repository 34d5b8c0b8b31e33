"""The structured report says what the record says: read back item by item."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from pipeline.export.stage import export_study
from pipeline.records.findings import Findings
from pipeline.settings import load_settings

from ..report.builders import aneurysm_left, one_side_unknown, tumour_right
from ..report.pages import read_page
from .exported import Small, oblique, small_study

SETTINGS = load_settings()
CONTACT = {
    "Distance": "min_distance_mm",
    "Smallest gap, lower limit of the 90 % interval": "distance_interval_mm.0",
    "Smallest gap, upper limit of the 90 % interval": "distance_interval_mm.1",
    "Distance from the root exit point along the nerve": "distance_from_rexp_mm",
    "Probability": "probability",
    "Prevalence that the probability assumes": "prevalence_assumed",
}
"""Each number that a contact may have, and its field of the record."""
ACCURACY = {
    "Sensitivity measured on generated studies": "sensitivity",
    "Specificity measured on generated studies": "specificity",
}
ANSWERS = {"yes": "Present", "no": "Absent", "cannot_say": "Indeterminate"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Small, Dataset]:
    small = small_study(tmp_path_factory.mktemp("measured"), oblique(2))
    export_study(small.folder, SETTINGS)
    return small, dcmread(small.folder.dicom("measurements"))


def test_one_group_for_each_finding_of_each_side(exported: tuple[Small, Dataset]) -> None:
    _, report = exported

    assert list(groups_of(report)) == [
        (side, finding)
        for side in ("Left", "Right")
        for finding in ("Contact of a vessel with the facial nerve", "Mass", "Aneurysm")
    ]


@pytest.mark.parametrize("make", [tumour_right, aneurysm_left, one_side_unknown])
def test_every_number_is_one_of_the_record_that_the_page_shows_too(
    tmp_path: Path, make: Callable[[], Findings]
) -> None:
    small = small_study(tmp_path, oblique(2))
    found = make().model_copy(
        update={name: getattr(small.findings, name) for name in
                ("case", "study_instance_uid", "sequences")}
    )  # fmt: skip
    report = exported_report(small, found)
    record = json.loads(small.folder.findings.read_text(encoding="utf-8"))
    on_the_page = {(number.source, number.value) for number in read_page(found).numbers}

    said = [
        (source_of(name, side, finding, record), *number)
        for (side, finding), group in groups_of(report).items()
        for name, number in numbers_of(group).items()
    ]
    assert {source.split(".")[-1] for source, *_ in said} >= {"probability", "sensitivity"}
    for source, value, unit in said:
        recorded = value_at(record, source)
        assert value == pytest.approx(recorded, rel=1e-6), source
        assert unit == ("mm" if "_mm" in source else "1"), source
        assert (source, recorded) in on_the_page, source


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_contact_has_its_numbers_and_its_place(
    exported: tuple[Small, Dataset], side: str
) -> None:
    small, report = exported
    contact = small.findings.sides[side].vessel_contact  # type: ignore[index]
    group = group_of(report, side, "Contact of a vessel with the facial nerve")

    assert contact.min_distance_mm is not None
    known = {name for name, field in CONTACT.items() if value_at(contact.model_dump(), field)
             is not None}  # fmt: skip
    assert set(numbers_of(group)) == known
    assert codes_of(group)["Presence of property"] == ANSWERS[contact.answer]
    assert codes_of(group)["Finding Site"] in {"Root of facial nerve", "Facial nerve"}


def test_every_answer_is_the_one_of_the_record(exported: tuple[Small, Dataset]) -> None:
    small, report = exported
    for (side, finding), group in groups_of(report).items():
        found = small.findings.sides[side.lower()]  # type: ignore[index]
        said = {"Mass": found.tumour, "Aneurysm": found.aneurysm}.get(finding, found.vessel_contact)
        assert codes_of(group)["Presence of property"] == ANSWERS[said.answer]


def with_midline_at(found: Findings, x_mm: float) -> Findings:
    """The findings with both root exit zones 12 mm beside a sagittal plane."""
    sides = {
        side: found.sides[side].model_copy(update={"rez_lps_mm": (x_mm + away, -41.0, -38.0)})
        for side, away in (("left", 12.0), ("right", -12.0))
    }
    return found.model_copy(update={"sides": sides})


def test_a_mass_that_lies_on_its_side_alone_has_its_segment(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(2))
    report = exported_report(small, with_midline_at(small.findings, 40.0))

    segmentation = dcmread(small.folder.dicom("segmentation"))
    reference = image_of(group_of(report, "right", "Mass"), "Referenced Segment")
    assert reference.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
    assert int(reference.ReferencedSegmentNumber) == 7
    assert images_of(group_of(report, "left", "Mass")) == []


def test_no_side_points_at_a_segment_that_holds_the_other_side_too(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(2))
    middle = float(small.block.affine[0] @ [3.0, 2.5, 2.0, 1.0])
    report = exported_report(small, with_midline_at(small.findings, middle))
    for group in groups_of(report).values():
        assert "Referenced Segment" not in images_of(group)
    assert images_of(group_of(report, "right", "Mass")) == ["Source of Measurement"]


def test_what_is_absent_points_at_nothing(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(2))
    right = small.findings.sides["right"]
    absent = right.tumour.model_copy(update={"answer": "no"})
    sides = {**small.findings.sides, "right": right.model_copy(update={"tumour": absent})}
    found = with_midline_at(small.findings.model_copy(update={"sides": sides}), 40.0)
    group = group_of(exported_report(small, found), "right", "Mass")
    assert codes_of(group)["Presence of property"] == "Absent"
    assert images_of(group) == []


def test_a_mass_has_no_number_but_its_measured_accuracy(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(2))
    tumour = small.findings.sides["right"].tumour.model_copy(update={"probability": 0.7})
    right = small.findings.sides["right"].model_copy(update={"tumour": tumour})
    sides = {**small.findings.sides, "right": right}
    known = small.findings.model_copy(update={"sides": sides})
    nothing = known.evidence.model_copy(update={"accuracy": ()})

    with_it = numbers_of(group_of(exported_report(small, known), "right", "Mass"))
    without = known.model_copy(update={"evidence": nothing})
    bare = numbers_of(group_of(exported_report(small, without), "right", "Mass"))

    assert tumour.volume_mm3 is not None
    assert with_it["Sensitivity measured on generated studies"] == (pytest.approx(0.88), "1")
    assert set(with_it) == set(ACCURACY)
    assert bare == {}


def test_findings_name_the_slice_that_shows_them(exported: tuple[Small, Dataset]) -> None:
    _, report = exported
    sources = {
        image.ReferencedSOPInstanceUID
        for series in report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        for image in series.ReferencedSOPSequence
    }
    for group in groups_of(report).values():
        for item in group.ContentSequence:
            if item.ValueType == "IMAGE":
                assert item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID in sources


def test_who_measured_stands_in_every_group(exported: tuple[Small, Dataset]) -> None:
    small, report = exported
    for group in groups_of(report).values():
        texts = [item.TextValue for item in group.ContentSequence if item.ValueType == "TEXT"]
        assert any(small.findings.models[0].sha256[:12] in text for text in texts)
        assert any("not for primary diagnosis" in text for text in texts)
    assert report.VerificationFlag == "UNVERIFIED"


def source_of(name: str, side: str, finding: str, record: Any) -> str:
    """Where in findings.json a number of the report has to come from."""
    if finding == "Contact of a vessel with the facial nerve":
        return f"sides.{side.lower()}.vessel_contact.{CONTACT[name]}"
    kind = {"Mass": "tumour", "Aneurysm": "aneurysm"}[finding]
    kinds = [entry["finding"] for entry in record["evidence"]["accuracy"]]
    return f"evidence.accuracy.{kinds.index(kind)}.{ACCURACY[name]}"


def value_at(record: Any, source: str) -> Any:
    """The record's value at names and indices joined by dots; None where there is none."""
    for name in source.split("."):
        if record is None:
            return None
        record = record[int(name) if isinstance(record, list | tuple) else name]
    return record


def exported_report(small: Small, found: Findings) -> Dataset:
    found.write(small.folder.findings)
    export_study(small.folder, SETTINGS)
    return dcmread(small.folder.dicom("measurements"))


def groups_of(report: Dataset) -> dict[tuple[str, str], Dataset]:
    """Measurement groups by laterality and finding."""
    container = next(
        item
        for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements"
    )
    return {
        (side_of(group), codes_of(group)["Finding"]): group for group in container.ContentSequence
    }


def group_of(report: Dataset, side: str, finding: str) -> Dataset:
    return groups_of(report)[side.capitalize(), finding]


def side_of(group: Dataset) -> str:
    site = next(item for item in group.ContentSequence if name_of(item) == "Finding Site")
    return str(site.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning)


def codes_of(group: Dataset) -> dict[str, str]:
    return {
        name_of(item): item.ConceptCodeSequence[0].CodeMeaning
        for item in group.ContentSequence
        if item.ValueType == "CODE"
    }


def numbers_of(group: Dataset) -> dict[str, tuple[float, str]]:
    return {
        name_of(item): value_of(item) for item in group.ContentSequence if item.ValueType == "NUM"
    }


def value_of(item: Dataset) -> tuple[float, str]:
    value = item.MeasuredValueSequence[0]
    return float(value.NumericValue), str(value.MeasurementUnitsCodeSequence[0].CodeValue)


def image_of(group: Dataset, name: str) -> Dataset:
    items = (item for item in group.ContentSequence if item.ValueType == "IMAGE")
    return next(item.ReferencedSOPSequence[0] for item in items if name_of(item) == name)


def images_of(group: Dataset) -> list[str]:
    return [name_of(item) for item in group.ContentSequence if item.ValueType == "IMAGE"]


def name_of(item: Any) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)
