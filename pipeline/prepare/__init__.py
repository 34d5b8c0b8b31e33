"""Prepare: the sequences of a study registered onto its reference."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.paths import OutputFolder
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings
from pipeline.stage import run_stage


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    """Register the sequences of every case; one outcome for each."""
    from pipeline.prepare.study import prepare_study

    return run_stage(
        "prepare",
        "convert",
        output,
        cases,
        settings,
        lambda folder: prepare_study(folder, settings),
        retry_failed=retry_failed,
    )
