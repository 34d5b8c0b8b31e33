"""What other people's programs say about our objects; skipped where they are not installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.export.stage import export_study
from pipeline.settings import load_settings

from .exported import oblique, small_study, with_pages


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    small = with_pages(small_study(tmp_path_factory.mktemp("valid"), oblique(1)))
    files = export_study(small.folder, load_settings())
    return [path for path in files if path.suffix == ".dcm"]


def output_of(program: str, *arguments: str) -> str:
    """Standard output and error together; the test is skipped where the program is missing."""
    beside = shutil.which(program, path=Path(sys.executable).parent)
    found = shutil.which(program) or beside
    if found is None:
        pytest.skip(f"{program} is not installed (see .ci/run)")
    ended = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0 or program == "dciodvfy", ended.stderr
    return ended.stdout + ended.stderr


EXPLAINED = (
    "CodingSchemeDesignator(0008,0102)[1]> - Unrecognized defined term = <99NVC>",
    "</StudyID(0020,0010)> - Missing attribute or value that would be needed to build DICOMDIR",
    "</Laterality(0020,0060)> - is only permitted to be empty when actually unknown",
)
"""All that dciodvfy may warn of; docs/reference/dicom-conformance.md says why each stays."""


def test_dciodvfy_finds_no_error_and_no_warning_that_is_not_explained(objects: list[Path]) -> None:
    for path in objects:
        lines = output_of("dciodvfy", "-new", str(path)).splitlines()
        kind, *remarks = sorted(lines, key=lambda line: line.startswith(("Error", "Warning")))
        assert kind in {"Segmentation", "Comprehensive3DSR", "EncapsulatedPDF", "SCImage"}
        for remark in remarks:
            assert remark.startswith("Warning - "), f"{path.name}: {remark}"
            assert any(known in remark for known in EXPLAINED), f"{path.name}: {remark}"


def test_dcmqi_has_nothing_to_remark_on_the_segmentation(
    objects: list[Path], tmp_path: Path
) -> None:
    made = next(path for path in objects if path.stem == "segmentation")
    said = output_of(
        "segimage2itkimage", "--inputDICOM", str(made), "--outputDirectory", str(tmp_path)
    )
    assert [line for line in said.splitlines() if line.strip().startswith(("W:", "E:"))] == []


def test_dcmtk_reads_objects_and_report(objects: list[Path]) -> None:
    for path in objects:
        assert "SOPInstanceUID" in output_of("dcmdump", str(path))
    report = next(path for path in objects if path.stem == "measurements")
    text = output_of("dsrdump", str(report))
    assert "Contact of a vessel with the facial nerve" in text
    assert "Error" not in text


def test_dcmqi_reads_the_measurements(objects: list[Path], tmp_path: Path) -> None:
    report = next(path for path in objects if path.stem == "measurements")
    target = tmp_path / "report.json"
    output_of("tid1500reader", "--inputDICOM", str(report), "--outputMetadata", str(target))
    assert "Contact of a vessel with the facial nerve" in target.read_text(encoding="utf-8")
