"""Convert: the chosen series as NIfTI, each checked against its DICOM slices."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.paths import OutputFolder
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings
from pipeline.stage import run_stage


def run(
    output: OutputFolder,
    cases: Sequence[str],
    settings: Settings,
    *,
    retry_failed: bool = False,
) -> list[Outcome]:
    """Convert the best usable T2, TOF and T1c series of every case; one outcome for each.

    A study is not assessable (code `no_t2_and_no_tof`) where neither T2 nor TOF can serve.
    """
    from pipeline.convert.study import convert_study

    return run_stage(
        "convert",
        None,
        output,
        cases,
        settings,
        lambda folder: convert_study(folder, settings.convert),
        retry_failed=retry_failed,
    )
