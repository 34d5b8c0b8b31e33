"""Where files live: below the output folder, by case, with identities apart."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pipeline.paths import OutputFolder, case_of

UID = "1.2.840.113619.2.1"
CASE = case_of(UID)


def every_path(output: OutputFolder) -> list[Path]:
    """All places that the two classes name."""
    case = output.case(CASE)
    found = [
        value
        for holder in (output, case)
        for name, kind in vars(type(holder)).items()
        if isinstance(kind, property) and isinstance(value := getattr(holder, name), Path)
    ]
    return found + [
        output.shard("a"), output.stamp("convert", "a"), output.log("a"), output.benchmark("a"),
        output.series_links(CASE, 3), case.nifti("tof"), case.key_image("k"),
        case.record("convert"), case.outcome("convert"), case.side_probabilities("left"),
    ]  # fmt: skip


def test_the_case_is_the_hash_of_the_study() -> None:
    assert CASE == "f7a5d3c758ec"  # first 12 digits of `printf UID | sha256sum`
    assert case_of("1.2.840.113619.2.2") != CASE


def test_every_file_lies_in_the_output_folder_and_has_a_place_of_its_own(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path / "out")
    paths = every_path(output)
    assert len(paths) > 25
    assert all(path.is_relative_to(output.root) for path in paths)
    assert all(UID not in str(path) for path in paths)
    files = [path for path in paths if path.suffix]
    assert len(set(files)) == len(files)


def test_the_public_files_are_where_the_contract_says() -> None:
    output = OutputFolder(Path("out"))
    case = output.case(CASE)
    names = [output.worklist_html, output.worklist_csv, output.worklist_json, output.intake,
             output.run, case.findings, case.report_html, case.report_pdf, case.segmentation,
             case.nifti("t1c")]  # fmt: skip
    own = f"studies/{CASE}"
    assert [output.relative(path) for path in names] == [
        "worklist.html", "worklist.csv", "worklist.json", "intake.json", "run.json",
        f"{own}/findings.json", f"{own}/report.html", f"{own}/report.pdf",
        f"{own}/segmentation.nii.gz", f"{own}/nifti/t1c.nii.gz",
    ]  # fmt: skip


def test_a_path_outside_is_never_written_into_a_record() -> None:
    with pytest.raises(ValueError, match="subpath"):
        OutputFolder(Path("out")).relative(Path("elsewhere/a.nii.gz"))


def test_what_leads_to_sources_and_identities_is_private(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    for path in (output.identities, output.links, output.extracted, output.series_links(CASE, 1)):
        assert path.is_relative_to(output.private)


def test_the_private_folder_is_closed_to_others_even_where_it_was_open(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path / "out")
    output.private.mkdir(parents=True, mode=0o755)
    output.private.chmod(0o755)

    assert output.create_private() == output.private

    assert stat.S_IMODE(output.private.stat().st_mode) == 0o700


def test_series_are_numbered_so_that_they_sort() -> None:
    links = [OutputFolder(Path("out")).series_links(CASE, index).name for index in (2, 10, 100)]
    assert links == sorted(links) == ["002", "010", "100"]
