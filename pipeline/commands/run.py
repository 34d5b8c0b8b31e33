"""`nvc run`: the whole path, from a folder of DICOM to the worklist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import ClinicalOption, RetryOption, SettingsOption


def register(app: typer.Typer) -> None:
    """Add `nvc run` to `app`."""
    app.command("run")(run)


def run(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder with DICOM files.")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for the results.")],
    clinical: ClinicalOption = None,
    settings: SettingsOption = None,
    cores: Annotated[
        int | None, typer.Option("--cores", min=1, help="CPU cores to use; default: all.")
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", help="workstation, gpu, slurm, or a folder of your own.")
    ] = "workstation",
    retry_failed: RetryOption = False,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="STAGE", help="Stop after this stage; no worklist."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Assess every study of INPUT and write worklist, reports and records to OUTPUT.

    Calling it again continues where it stopped and works only on what is new or changed.
    """
    from pipeline.drive import Request, dry_run_workflow, run_workflow

    request = Request.checked(
        source,
        output,
        settings,
        cores,
        profile,
        retry_failed=retry_failed,
        clinical=clinical,
        until=until,
    )
    code = dry_run_workflow(request) if dry_run else run_workflow(request)
    raise typer.Exit(code)
