"""The structured report says what the record says: read back item by item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from pipeline.export.stage import export_study
from pipeline.records.findings import Findings
from pipeline.settings import load_settings

from .exported import Small, oblique, small_study

SETTINGS = load_settings()
ANSWERS = {"yes": "Present", "no": "Absent", "cannot_say": "Indeterminate"}


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Small, Dataset]:
    small = small_study(tmp_path, oblique(2))
    export_study(small.folder, SETTINGS)
    return small, dcmread(small.folder.dicom("measurements"))


def test_one_group_for_each_finding_of_each_side(exported: tuple[Small, Dataset]) -> None:
    _, report = exported

    assert list(groups_of(report)) == [
        (side, finding)
        for side in ("Left", "Right")
        for finding in ("Contact of a vessel with the facial nerve", "Mass", "Aneurysm")
    ]


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_numbers_of_a_contact(exported: tuple[Small, Dataset], side: str) -> None:
    small, report = exported
    contact = small.findings.sides[side].vessel_contact  # type: ignore[index]
    group = group_of(report, side, "Contact of a vessel with the facial nerve")
    numbers = numbers_of(group)

    expected = {
        "Distance": (contact.min_distance_mm, "mm"),
        "Length of contact along the nerve": (contact.contact_length_mm, "mm"),
        "Distance from the root exit point along the nerve": (
            contact.distance_from_rexp_mm, "mm",
        ),
        "Probability": (contact.probability, "1"),
        "Prevalence that the probability assumes": (contact.prevalence_assumed, "1"),
        "Deviation of the nerve from its undisturbed course": (contact.deviation_mm, "mm"),
    }  # fmt: skip
    for name, (value, unit) in expected.items():
        if value is None:
            assert name not in numbers
        else:
            assert numbers[name] == (pytest.approx(value, rel=1e-6), unit), name
    assert contact.min_distance_mm is not None
    assert codes_of(group)["Presence of property"] == ANSWERS[contact.answer]
    assert codes_of(group)["Finding Site"] in {"Root of facial nerve", "Facial nerve"}


def test_every_answer_is_the_one_of_the_record(exported: tuple[Small, Dataset]) -> None:
    small, report = exported
    for (side, finding), group in groups_of(report).items():
        found = small.findings.sides[side.lower()]  # type: ignore[index]
        said = {"Mass": found.tumour, "Aneurysm": found.aneurysm}.get(finding, found.vessel_contact)
        assert codes_of(group)["Presence of property"] == ANSWERS[said.answer]


def test_a_mass_has_its_size_and_its_segment(exported: tuple[Small, Dataset]) -> None:
    small, report = exported
    tumour = small.findings.sides["right"].tumour
    group = group_of(report, "right", "Mass")

    assert numbers_of(group)["Volume"] == (pytest.approx(tumour.volume_mm3), "mm3")
    assert numbers_of(group)["Diameter"] == (pytest.approx(tumour.max_diameter_mm), "mm")
    segmentation = dcmread(small.folder.dicom("segmentation"))
    reference = image_of(group, "Referenced Segment")
    assert reference.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
    assert int(reference.ReferencedSegmentNumber) == 7


def test_a_mass_has_a_probability_only_beside_its_measured_accuracy(tmp_path: Path) -> None:
    small = small_study(tmp_path, oblique(2))
    tumour = small.findings.sides["right"].tumour.model_copy(update={"probability": 0.7})
    right = small.findings.sides["right"].model_copy(update={"tumour": tumour})
    sides = {**small.findings.sides, "right": right}
    known = small.findings.model_copy(update={"sides": sides})
    nothing = known.evidence.model_copy(update={"accuracy": ()})

    with_it = numbers_of(group_of(exported_report(small, known), "right", "Mass"))
    without = known.model_copy(update={"evidence": nothing})
    bare = numbers_of(group_of(exported_report(small, without), "right", "Mass"))

    assert with_it["Probability"] == (pytest.approx(0.7), "1")
    assert with_it["Sensitivity measured on generated studies"] == (pytest.approx(0.88), "1")
    assert "Probability" not in bare


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


def name_of(item: Any) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)
