"""Jobs: stamps that change with results alone, and logs that hold nothing private."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.jobs import open_job, read_cases, studies_to_try_again, write_stamp
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.records.outcome import Outcome
from pipeline.shards import Shard


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    ours = logging.getLogger("nvc")
    before = root.handlers[:], ours.handlers[:], ours.propagate
    yield
    logging.captureWarnings(False)
    for handler in {*root.handlers, *ours.handlers} - {*before[0], *before[1]}:
        handler.close()
    root.handlers, ours.handlers, ours.propagate = before


def test_a_stamp_changes_with_the_results_and_not_with_the_time(tmp_path: Path) -> None:
    outcome = Outcome(stage="convert", state="done", key="a", seconds=1.0, peak_memory_mb=5.0)

    def stamp(changed: Outcome) -> str:
        write_stamp(tmp_path / "stamp.json", {"case": changed})
        return (tmp_path / "stamp.json").read_text(encoding="utf-8")

    first = stamp(outcome)
    assert stamp(outcome.model_copy(update={"seconds": 2.0, "peak_memory_mb": 6.0})) == first
    assert stamp(outcome.model_copy(update={"key": "b"})) != first
    assert stamp(outcome.model_copy(update={"state": "failed"})) != first


def test_messages_of_libraries_stay_private(tmp_path: Path) -> None:
    log = tmp_path / "out" / "work" / "logs" / "convert.log"
    open_job("convert", tmp_path / "out", None, log)

    logging.getLogger("nvc").info("convert abc: done")
    logging.getLogger("pydicom").warning("PatientName Mustermann is odd")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("value of Mustermann", stacklevel=1)

    private = tmp_path / "out" / "private" / "logs" / "convert.log"
    assert log.read_text("utf-8") == "convert abc: done\n"
    assert "Mustermann is odd" in private.read_text("utf-8")
    assert "UserWarning: value of Mustermann" in private.read_text("utf-8")


def test_cases_come_from_the_shard_or_from_intake(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    with pytest.raises(UsageError, match="nvc intake"):
        read_cases(output, None)

    write_intake(output, ["a", "b"])
    Shard(cases=("b",)).write(output.shard("001"))

    assert read_cases(output, None) == ("a", "b")
    assert read_cases(output, output.shard("001")) == ("b",)


def test_failures_that_may_end_differently_are_found(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    write_intake(output, ["fine", "settled", "chance"])
    states = {"fine": ("done", True), "settled": ("failed", True), "chance": ("failed", False)}
    for case, (state, deterministic) in states.items():
        outcome = {"stage": "prepare", "state": state, "key": "", "deterministic": deterministic}
        Outcome.model_validate(outcome).write(output.case(case).outcome("prepare"))

    assert studies_to_try_again(output) == ["chance"]
    assert studies_to_try_again(output, deterministic=True) == ["settled", "chance"]


def write_intake(output: OutputFolder, cases: list[str]) -> None:
    studies = tuple(IntakeStudy(case=c, study_instance_uid="1.2", series=()) for c in cases)
    Intake(files=1, quarantined=(), studies=studies).write(output.intake)
