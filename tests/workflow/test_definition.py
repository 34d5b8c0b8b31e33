"""The Snakefile itself: lint, format, one rule per stage, and what a dry run shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.stagekey import STAGES

from .conftest import REPOSITORY, Batch


def test_the_workflow_passes_lint_and_has_a_rule_for_each_stage(batch: Batch) -> None:
    ended = batch.run(batch.snakemake("--lint"))
    rules = batch.run(batch.snakemake("--list-rules")).stdout.split()

    assert ended.returncode == 0, ended.stderr
    assert set(rules) >= {"intake", *STAGES, "worklist"}


def test_the_snakefile_is_formatted() -> None:
    command = [str(Path(sys.executable).parent / "snakefmt"), "--check", "Snakefile"]

    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def test_a_dry_run_shows_the_first_and_the_last_job_and_writes_no_result(batch: Batch) -> None:
    batch.add("1.2.3")

    ended = batch.run(batch.snakemake("--dry-run"))

    assert ended.returncode == 0, ended.stderr
    assert {"intake", "worklist"} <= set((ended.stdout + ended.stderr).split())
    assert not batch.counts()
    assert [path.name for path in batch.output.root.iterdir()] == ["private"]
