"""One command for each stage of the workflow; the Snakefile calls them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    ClinicalOption,
    LogOption,
    OutputOption,
    RetryOption,
    SettingsOption,
)

SUMMARIES = {
    "convert": "Convert the chosen series to NIfTI and check them against the DICOM geometry.",
    "prepare": "Register the sequences onto the reference and find their intensity ranges.",
    "segment": "Find the root exit zones and label nerves, vessels and masses.",
    "measure": "Measure the gap between nerve and vessels, calibres and masses.",
    "assess": "Turn measurements into calibrated findings (findings.json).",
    "report": "Draw the key images and write one page for each study.",
    "export": "Write the findings as DICOM objects for the study's archive.",
}

ShardOption = Annotated[
    Path | None, typer.Option("--shard", help="File with the cases to work on; default: all.")
]
StampOption = Annotated[
    Path | None, typer.Option("--stamp", help="File that tells that the shard is done.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of all stages to `app`."""
    app.command("intake", rich_help_panel="Stages")(intake)
    for stage, summary in SUMMARIES.items():
        app.command(stage, help=summary, rich_help_panel="Stages")(_command(stage))
    app.command("worklist", rich_help_panel="Stages")(worklist)


def intake(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder with DICOM files.")],
    output: OutputOption,
    cores: Annotated[
        int, typer.Option("--cores", min=1, help="Cores to work on, here and in later stages.")
    ] = 1,
    clinical: ClinicalOption = None,
    settings: SettingsOption = None,
    log: LogOption = None,
) -> None:
    """Find the studies and series of a folder and give every series a role or a reason."""
    from pipeline import intake as stage
    from pipeline.jobs import open_job
    from pipeline.shards import update_shards
    from pipeline.workflow import check_folders

    check_folders(source, output)
    job = open_job("intake", output, settings, log)
    found = stage.run(source, job.output, job.settings, processes=cores, clinical=clinical)
    cases = [study.case for study in found.studies]
    update_shards(job.output, cases, job.settings.shard_size, cores)


def _command(stage: str) -> Callable[..., None]:
    def command(
        output: OutputOption,
        shard: ShardOption = None,
        stamp: StampOption = None,
        settings: SettingsOption = None,
        log: LogOption = None,
        retry_failed: RetryOption = False,
    ) -> None:
        from pipeline.jobs import open_job, read_cases, write_stamp

        job = open_job(stage, output, settings, log)
        module = importlib.import_module(f"pipeline.{stage}")
        cases = read_cases(job.output, shard)
        outcomes = module.run(job.output, cases, job.settings, retry_failed=retry_failed)
        if stamp is not None:
            write_stamp(stamp, dict(zip(cases, outcomes, strict=True)))

    return command


def worklist(output: OutputOption, settings: SettingsOption = None, log: LogOption = None) -> None:
    """Write the worklist over all studies and the record of the run (run.json)."""
    from pipeline import worklist as stage
    from pipeline.jobs import open_job, studies_to_try_again
    from pipeline.runrecord import write_run_record
    from pipeline.shards import try_again
    from pipeline.worklist.run_page import write_run_page

    job = open_job("worklist", output, settings, log)
    stage.run(job.output, job.settings)
    write_run_record(job.output, job.settings)
    write_run_page(job.output)
    try_again(job.output, studies_to_try_again(job.output))
