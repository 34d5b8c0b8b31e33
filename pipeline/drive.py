"""Running the workflow for a person: progress while it works, the worklist at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console

from pipeline.errors import ERROR_VARIABLE, UsageError
from pipeline.jobs import studies_to_try_again
from pipeline.paths import OutputFolder
from pipeline.progress import show_progress
from pipeline.records.worklist import Worklist
from pipeline.runlock import PARENT_VARIABLE, check_free
from pipeline.settings import CONFIGS, REPOSITORY, load_settings
from pipeline.shards import try_again
from pipeline.workflow import check_clinical, check_folders, check_stage

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@dataclass(frozen=True)
class Request:
    """What a person asks for, with absolute paths. cores: None for all of the machine's.

    until: the last stage to run; None for all, and the worklist.
    """

    source: Path
    output: OutputFolder
    settings: Path | None
    cores: int | None
    profile: Path
    retry_failed: bool
    clinical: Path | None = None
    until: str | None = None

    @classmethod
    def checked(
        cls,
        source: Path,
        output: Path,
        settings: Path | None,
        cores: int | None,
        profile: str,
        *,
        retry_failed: bool,
        clinical: Path | None = None,
        until: str | None = None,
    ) -> Request:
        """The request with its paths resolved; UsageError where something does not exist."""
        check_folders(source, output)
        load_settings(settings)
        if clinical:
            check_clinical(clinical)
        if until is not None:
            check_stage(until)
        known = CONFIGS / "profiles" / profile
        folder = known if known.is_dir() else Path(profile).resolve()
        if not (folder / "config.yaml").is_file():
            raise UsageError(f"profile {profile} not found; known: workstation, gpu, slurm")
        return cls(
            source=source.resolve(),
            output=OutputFolder(output.resolve()),
            settings=settings.resolve() if settings else None,
            cores=cores,
            profile=folder,
            retry_failed=retry_failed,
            clinical=clinical.resolve() if clinical else None,
            until=until,
        )


def dry_run_workflow(request: Request) -> int:
    """Let Snakemake print what it would do."""
    ended = subprocess.run(_command(request, "--dry-run"), check=False)
    return 0 if ended.returncode == 0 else 1


def run_workflow(request: Request) -> int:
    """Run, show progress and the worklist; returns the exit code of `nvc run`."""
    console = Console()
    started = time.monotonic()
    check_free(request.output)
    if request.retry_failed and request.output.intake.exists():
        try_again(request.output, studies_to_try_again(request.output, deterministic=True))
    with tempfile.TemporaryDirectory() as scratch:
        error_file = Path(scratch) / "error"
        try:
            code = _run_snakemake(request, console, error_file)
        except KeyboardInterrupt:
            console.print("stopped; the same command continues where it was")
            return INTERRUPTED
        if code != 0:
            return _explain_failure(request, console, error_file)
    if request.until is not None:
        console.print(f"stopped after {request.until}, as asked for; no worklist was written")
        return 0
    return _show_worklist(request, console, time.monotonic() - started)


def _run_snakemake(request: Request, console: Console, error_file: Path) -> int:
    records = request.output.create_private() / "snakemake.log"
    environment = {
        **os.environ,
        ERROR_VARIABLE: str(error_file),
        PARENT_VARIABLE: str(os.getpid()),
    }
    if request.retry_failed:
        environment["NVC_RETRY_FAILED"] = "1"
    with (
        records.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            _command(request),
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as process,
    ):
        show_progress(process, request.output, console)
    return process.returncode


def _command(request: Request, *options: str) -> list[str]:
    cores = str(request.cores) if request.cores else "all"
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--workflow-profile", str(request.profile), "--cores", cores),
        *("--directory", str(request.output.create_private())),
        *("--configfile", str(_config_file(request))),
        *options,
        *(("--", "until") if request.until else ()),
    ]


def _config_file(request: Request) -> Path:
    """The run's folders as a file: any character may stand in a path, on no command line."""
    config = {"input": str(request.source), "output": str(request.output.root)}
    if request.settings:
        config["settings"] = str(request.settings)
    if request.clinical:
        config["clinical"] = str(request.clinical)
    if request.until:
        config["until"] = request.until
    path = request.output.create_private() / "run.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def _explain_failure(request: Request, console: Console, error_file: Path) -> int:
    """The error that a stage left, or where to look."""
    if error_file.exists():
        code, message = error_file.read_text(encoding="utf-8").split("\n", 1)
        console.print(f"nvc: {message}", markup=False, soft_wrap=True)
        return int(code)
    records = request.output.private / "snakemake.log"
    console.print(
        f"nvc: the run stopped before the worklist was written; the reason is at the end of "
        f"{records}. The same command continues where it was.",
        markup=False,
        soft_wrap=True,
    )
    return 1


def _show_worklist(request: Request, console: Console, seconds: float) -> int:
    from pipeline.worklist.terminal import worklist_table  # after the work, not at the start

    worklist = Worklist.read(request.output.worklist_json)
    console.print(worklist_table(worklist))
    console.print(f"finished in {seconds:.0f} s", highlight=False)
    console.print(f"worklist: {request.output.worklist_html}", markup=False, soft_wrap=True)
    return int(any(study.status == "failed" for study in worklist.studies))
