"""Time and memory by stage, over a batch of ten studies: the samples, and a copy of each.

Before it, how many headers intake reads a second from 5,000 small generated files.

python -m pipeline.bench [--cores 2] [--samples sample_dicoms] [--keep DIR]
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from pipeline.drive import Request, run_workflow
from pipeline.errors import NvcError, exit_code
from pipeline.intake.walk import FileEntry
from pipeline.paths import OutputFolder
from pipeline.records.run import RunRecord
from pipeline.settings import REPOSITORY
from pipeline.stagekey import STAGES

if TYPE_CHECKING:
    from pydicom import Dataset

UID_TAGS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
"""What makes a copy another study."""


INDEXED_FILES = 5000


@dataclass(frozen=True)
class IndexCost:
    """Reading the headers of a folder. memory_mb: by how much the peak of this process grew.

    pydicom_per_second: headers that pydicom alone reads in one process, on the same files.
    """

    files: int
    processes: int
    seconds: float
    memory_mb: float
    pydicom_per_second: float

    @property
    def line(self) -> str:
        """The figures in a sentence."""
        per_second = self.files / self.seconds
        return (
            f"{self.files} files indexed in {self.seconds:.2f} s on {self.processes} processes: "
            f"{per_second:.0f} files a second, {per_second / self.pydicom_per_second:.1f} times "
            f"pydicom's {self.pydicom_per_second:.0f} in one; {self.memory_mb:.0f} MiB more memory"
        )


def write_small_files(folder: Path, files: int) -> None:
    """At least so many MR images of 16 x 16 pixels, a hundred or so to a study, of all vendors."""
    import numpy as np  # only where files are made

    from pipeline.geometry import Grid, Volume
    from pipeline.phantom.dicom_identity import generated_identity
    from pipeline.phantom.dicom_study import write_study
    from pipeline.phantom.vendors import VENDORS

    slab = Grid((16, 16, 100), np.diag([0.6, 0.6, 0.6, 1.0]))
    values = np.random.default_rng(1).uniform(0, 1000, slab.shape).astype(np.float32)
    for seed in range(-(-files // 100)):
        place = folder / f"{seed:04d}"
        vendor = VENDORS[seed % len(VENDORS)]
        write_study({"t2": Volume(values, slab)}, generated_identity(seed), vendor, seed, place)


def index_cost(folder: Path, processes: int) -> IndexCost:
    """What it takes to find and read the headers of all files in a folder."""
    from pipeline.intake.scan import scan
    from pipeline.intake.walk import walk
    from pipeline.memory import peak_memory_mb, reset_peak_memory

    alone = pydicom_per_second(walk(folder).files)
    reset_peak_memory()
    before, started = peak_memory_mb(), time.monotonic()
    found = scan(walk(folder).files, processes)
    seconds = time.monotonic() - started
    return IndexCost(len(found), processes, seconds, peak_memory_mb() - before, alone)


def pydicom_per_second(entries: Sequence[FileEntry]) -> float:
    """Headers that pydicom reads a second in one process: what this machine can do just now."""
    from pydicom import dcmread

    started = time.monotonic()
    for entry in entries:
        dcmread(entry.path, stop_before_pixels=True)
    return len(entries) / (time.monotonic() - started)


@dataclass(frozen=True)
class StageCost:
    """One stage of a run. job_seconds: with the start of Python and the loading of networks."""

    stage: str
    job_seconds: float
    work_seconds: float
    peak_memory_mb: float


def copy_batch(samples: Path, folder: Path, copies: int = 2) -> None:
    """Copy a folder of studies so many times; all but the first copy are studies of their own."""
    import pydicom  # only where a batch is made
    from pydicom.errors import InvalidDicomError

    for path in sorted(path for path in samples.rglob("*") if path.is_file()):
        try:
            dataset = pydicom.dcmread(path)
        except InvalidDicomError:
            continue
        for copy in range(copies):
            target = folder / str(copy + 1) / path.relative_to(samples)
            target.parent.mkdir(parents=True, exist_ok=True)
            if copy:
                _rename(dataset)
            dataset.save_as(target)


def _rename(dataset: Dataset) -> None:
    """Other UIDs that follow from its own: those of another study of the same structure."""
    from pydicom.uid import generate_uid

    for tag in UID_TAGS:
        old = dataset.get(tag)
        if old:
            setattr(dataset, tag, generate_uid(entropy_srcs=["nvc-triage bench", str(old)]))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID


def stage_costs(output: OutputFolder) -> list[StageCost]:
    """What each stage of a finished run took, over all its jobs."""
    worked = {timing.stage: timing.seconds for timing in RunRecord.read(output.run).stages}
    return [
        _cost(stage, list(_benchmarks(output, stage)), worked.get(stage))
        for stage in ("intake", *STAGES, "worklist")
    ]


def _cost(stage: str, jobs: Sequence[dict[str, str]], worked: float | None) -> StageCost:
    seconds = sum(_number(job["s"]) for job in jobs)
    peak = max((_number(job["max_rss"]) for job in jobs), default=0.0)
    return StageCost(stage, seconds, seconds if worked is None else worked, peak)


def _benchmarks(output: OutputFolder, stage: str) -> Iterator[dict[str, str]]:
    """Rows that Snakemake measured for a stage's jobs: s in seconds, max_rss in MiB."""
    for path in sorted(output.benchmark(stage).parent.glob(f"{stage}*.tsv")):
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream, delimiter="\t")


def _number(text: str) -> float:
    """A measured value; very short jobs end before Snakemake has measured their memory."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def cost_table(costs: Sequence[StageCost], studies: int, wall_seconds: float) -> Table:
    """Seconds per study and peak memory, by stage."""
    table = Table(title=f"{studies} studies in {wall_seconds:.0f} s")
    table.add_column("stage")
    for heading in ("s per study", "of which work", "share", "peak memory (MiB)"):
        table.add_column(heading, justify="right")
    total = sum(cost.job_seconds for cost in costs) or 1.0
    for cost in costs:
        table.add_row(
            cost.stage,
            f"{cost.job_seconds / studies:.2f}",
            f"{cost.work_seconds / studies:.2f}",
            f"{cost.job_seconds / total:.0%}",
            f"{cost.peak_memory_mb:.0f}",
        )
    table.add_section()
    peak = max(cost.peak_memory_mb for cost in costs)
    table.add_row("wall clock", f"{wall_seconds / studies:.2f}", "", "", f"{peak:.0f}")
    return table


def bench(samples: Path, folder: Path, cores: int) -> Table:
    """Run the batch in `folder` and return the table; NvcError where the run did not work."""
    copy_batch(samples, folder / "batch")
    request = Request.checked(
        folder / "batch", folder / "out", None, cores, "workstation", retry_failed=False
    )
    started = time.monotonic()
    code = run_workflow(request)
    wall_seconds = time.monotonic() - started
    if code != 0:
        raise NvcError(f"the run ended with exit code {code}; there is nothing to measure")
    studies = len(RunRecord.read(request.output.run).studies)
    return cost_table(stage_costs(request.output), studies, wall_seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of `make bench`."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.bench", description=__doc__)
    parser.add_argument("--samples", type=Path, default=REPOSITORY / "sample_dicoms")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for batch and output, kept afterwards")
    given = parser.parse_args(arguments)
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        write_small_files(Path(scratch), INDEXED_FILES)
        console.print(index_cost(Path(scratch), given.cores).line)
    try:
        if given.keep:
            table = bench(given.samples, given.keep, given.cores)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                table = bench(given.samples, Path(scratch), given.cores)
    except NvcError as error:
        sys.stderr.write(f"nvc: {error}\n")
        return exit_code(error)
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
