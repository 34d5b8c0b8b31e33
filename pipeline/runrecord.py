"""Writing `run.json` from what the stages left: no path, no identity, no time of day."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from pipeline import __version__
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.landmarks import ModelUsed, Segmentation
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.records.outcome import Outcome
from pipeline.records.run import (
    Machine,
    Product,
    RunRecord,
    SeriesInput,
    StageTiming,
    StudyRecord,
)
from pipeline.settings import Settings
from pipeline.stage import read_outcome
from pipeline.stagekey import STAGES, code_digest

DISTRIBUTION = "nvc-triage"


def write_run_record(output: OutputFolder, settings: Settings) -> RunRecord:
    """Gather and write `run.json`."""
    intake = Intake.read(output.intake)
    folders = [output.case(study.case) for study in intake.studies]
    segmentations = [found for found in map(_segmentation, folders) if found]
    record = RunRecord(
        product=Product(
            name=DISTRIBUTION,
            version=__version__,
            code={stage: code_digest(stage) for stage in ("intake", *STAGES, "worklist")},
        ),
        packages=packages(),
        settings=settings.model_dump(mode="json"),
        models=_models(segmentations),
        machine=machine("; ".join(sorted({s.device for s in segmentations})) or None),
        files=intake.files,
        quarantined=len(intake.quarantined),
        stages=tuple(_stage_timing(stage, folders) for stage in STAGES),
        studies=tuple(_study(output, study) for study in intake.studies),
    )
    record.write(output.run)
    return record


def packages() -> dict[str, str]:
    """Versions of the packages that this product needs at run time, by name."""
    needed = metadata.requires(DISTRIBUTION) or []
    names = sorted({_name(need) for need in needed if "extra ==" not in need}, key=str.lower)
    return {name: metadata.version(name) for name in names}


def machine(device: str | None) -> Machine:
    """The machine that this process runs on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_mb=memory_bytes // 2**20,
        python=platform.python_version(),
        device=device,
    )


def worked_on(outcome: Outcome | None, stage: str) -> bool:
    """Whether a stage did work for a study itself, rather than hand an earlier end along."""
    return outcome is not None and outcome.stage == stage


def _segmentation(folder: CaseFolder) -> Segmentation | None:
    """What the networks left for a study; None where they did not run or it is unreadable."""
    outcome = read_outcome(folder, "segment")
    if outcome is None or outcome.state != "done":
        return None
    try:
        return Segmentation.read(folder.record("segment"))
    except (OSError, ValueError):
        return None


def _models(segmentations: Iterable[Segmentation]) -> tuple[ModelUsed, ...]:
    used = {model.sha256: model for found in segmentations for model in found.models}
    return tuple(sorted(used.values(), key=lambda model: (model.name, model.sha256)))


def _stage_timing(stage: str, folders: Iterable[CaseFolder]) -> StageTiming:
    outcomes = [read_outcome(folder, stage) for folder in folders]
    worked = [outcome for outcome in outcomes if outcome and worked_on(outcome, stage)]
    return StageTiming(
        stage=stage,
        studies=len(worked),
        seconds=round(sum(outcome.seconds for outcome in worked), 3),
        peak_memory_mb=max((outcome.peak_memory_mb for outcome in worked), default=0.0),
    )


def _study(output: OutputFolder, study: IntakeStudy) -> StudyRecord:
    folder = output.case(study.case)
    outcomes = {stage: read_outcome(folder, stage) for stage in STAGES}
    states = {outcome.state for outcome in outcomes.values() if outcome}
    return StudyRecord(
        case=study.case,
        study_instance_uid=study.study_instance_uid,
        state=next((s for s in ("failed", "not_assessable") if s in states), "done"),
        series=tuple(
            SeriesInput(
                series_instance_uid=series.series_instance_uid,
                role=series.role,
                instances=series.instances,
            )
            for series in study.series
        ),
        seconds={s: o.seconds for s, o in outcomes.items() if o and worked_on(o, s)},
    )


def _name(requirement: str) -> str:
    """The name in a requirement such as `torch==2.13.0; extra == "x"`."""
    end = next((i for i, char in enumerate(requirement) if char in " =<>!~;[("), None)
    return requirement[:end]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
