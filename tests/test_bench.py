"""The bench: a batch of studies of their own, and a table that adds up."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from rich.console import Console

from pipeline.bench import (
    IndexCost,
    StageCost,
    copy_batch,
    cost_table,
    index_cost,
    stage_costs,
    write_small_files,
)
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake
from pipeline.runrecord import write_run_record
from pipeline.settings import load_settings


def write_dicom(path: Path, number: int) -> None:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.SOPClassUID = MRImageStorage
    dataset.StudyInstanceUID = "1.2.3"
    dataset.SeriesInstanceUID = "1.2.3.4"
    dataset.SOPInstanceUID = f"1.2.3.4.{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


def test_the_second_copy_is_another_study_with_the_same_structure(tmp_path: Path) -> None:
    for number in (1, 2):
        write_dicom(tmp_path / "samples" / "study" / f"{number}.dcm", number)
    (tmp_path / "samples" / "truth.json").write_text("{}", encoding="utf-8")

    copy_batch(tmp_path / "samples", tmp_path / "batch")

    found = {p: pydicom.dcmread(p) for p in (tmp_path / "batch").rglob("*") if p.is_file()}
    assert len(found) == 4
    assert len({dataset.SOPInstanceUID for dataset in found.values()}) == 4
    assert len({dataset.StudyInstanceUID for dataset in found.values()}) == 2
    assert len({dataset.SeriesInstanceUID for dataset in found.values()}) == 2
    for dataset in found.values():
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_costs_are_summed_over_the_jobs_of_a_stage(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    Intake(files=0, quarantined=(), studies=()).write(output.intake)
    write_run_record(output, load_settings())
    for job, row in {"segment-001": "20.0\t1500.5", "segment-002": "10.0\tNA"}.items():
        output.benchmark(job).parent.mkdir(parents=True, exist_ok=True)
        output.benchmark(job).write_text(f"s\tmax_rss\n{row}\n", encoding="utf-8")

    costs = {cost.stage: cost for cost in stage_costs(output)}

    assert costs["segment"] == StageCost("segment", 30.0, 0.0, 1500.5)
    assert costs["report"].job_seconds == 0.0


def test_small_files_are_indexed(tmp_path: Path) -> None:
    write_small_files(tmp_path, 101)
    files = sum(path.is_file() for path in tmp_path.rglob("*"))
    assert 200 <= files < 300  # two studies
    cost = index_cost(tmp_path, 1)
    assert (cost.files, cost.processes) == (files, 1)
    assert cost.seconds > 0


def test_the_line_says_files_a_second() -> None:
    cost = IndexCost(
        files=5000, processes=2, seconds=1.25, memory_mb=9.6, pydicom_per_second=2000.0
    )
    assert cost.line == (
        "5000 files indexed in 1.25 s on 2 processes: 4000 files a second, 2.0 times pydicom's "
        "2000 in one; 10 MiB more memory"
    )


def test_the_table_shows_seconds_per_study_and_shares(capsys: pytest.CaptureFixture[str]) -> None:
    costs = [StageCost("convert", 5.0, 4.0, 300.0), StageCost("segment", 15.0, 10.0, 900.0)]

    Console(width=120).print(cost_table(costs, studies=10, wall_seconds=18.0))

    rows = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["convert", "0.50", "0.40", "25%", "300"] in rows
    assert ["segment", "1.50", "1.00", "75%", "900"] in rows
    assert ["wall", "clock", "1.80", "900"] in rows
