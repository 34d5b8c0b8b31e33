"""A stage that writes one small file per study, keeps count, and can be slow or fail.

A study whose manifest describes a series as "fails", "crashes" or "refused" ends so in prepare.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import NotAssessableError, StudyFailedError
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.manifest import StudyManifest
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings
from pipeline.stage import run_stage
from pipeline.stagekey import STAGES

STAGE = __name__.removeprefix("pipeline.")
BEFORE = {stage: before for before, stage in zip((None, *STAGES), STAGES, strict=False)}


def run(
    output: OutputFolder, cases: Sequence[str], settings: Settings, *, retry_failed: bool = False
) -> list[Outcome]:
    return run_stage(
        STAGE,
        BEFORE[STAGE],
        output,
        cases,
        settings,
        _work,
        every_case=STAGE in {"assess", "report"},
        retry_failed=retry_failed,
    )


def _work(folder: CaseFolder) -> list[Path]:
    with Path(os.environ["NVC_TEST_COUNTS"]).open("a", encoding="utf-8") as counts:
        counts.write(f"{STAGE} {folder.case}\n")
    time.sleep(float(os.environ.get("NVC_TEST_SECONDS", "0")))
    if STAGE == "prepare":
        _fail_as_described(folder)
    result = folder.work / f"{STAGE}.txt"
    result.write_text(STAGE, encoding="utf-8")
    return [result]


def _fail_as_described(folder: CaseFolder) -> None:
    words = {series.description for series in StudyManifest.read(folder.manifest).series}
    if "fails" in words:
        raise StudyFailedError("registration_failed", "the registration did not converge")
    if "crashes" in words:
        raise RuntimeError("/secret/path/of/Mustermann")
    if "refused" in words:
        raise NotAssessableError("too_thick", "slices thicker than 1 mm")
