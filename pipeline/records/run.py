"""`run.json`: with what, on what and how fast the results of an output folder were made."""

from __future__ import annotations

from typing import Any, Literal

from pipeline.records.base import Record, Role
from pipeline.records.landmarks import ModelUsed


class Product(Record):
    """The program. code: sha256 of the sources and rules of each stage."""

    name: str
    version: str
    code: dict[str, str]


class Machine(Record):
    """Where the results were made. device: on what the networks ran, None where they did not."""

    system: str
    processor: str
    cores: int
    memory_mb: int
    python: str
    device: str | None


class StageTiming(Record):
    """One stage over all studies. studies: those that it worked on itself."""

    stage: str
    studies: int
    seconds: float
    peak_memory_mb: float


class SeriesInput(Record):
    series_instance_uid: str
    role: Role
    instances: int


class StudyRecord(Record):
    """A study that went in, how far it came, and the seconds of each stage."""

    case: str
    study_instance_uid: str
    state: Literal["done", "not_assessable", "failed"]
    series: tuple[SeriesInput, ...]
    seconds: dict[str, float]


class RunRecord(Record):
    """settings: as used. packages: versions by name."""

    schema_version: str = "1.0"
    product: Product
    packages: dict[str, str]
    settings: dict[str, Any]
    models: tuple[ModelUsed, ...]
    machine: Machine
    files: int
    quarantined: int
    stages: tuple[StageTiming, ...]
    studies: tuple[StudyRecord, ...]
