"""Killed runs are continued, and two runs never work on one output folder."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import pytest

from pipeline.stagekey import STAGES

from .conftest import Batch, kill_alone, kill_group, wait_until

Kill = Callable[[subprocess.Popen[bytes]], None]


@pytest.mark.parametrize(
    ("command", "kill"),
    [("nvc_run", kill_group), ("nvc_run", kill_alone), ("snakemake", kill_alone)],
    ids=["nvc run and all it started", "nvc run alone", "plain snakemake alone"],
)
def test_a_killed_run_is_continued_without_doing_anything_twice(
    batch: Batch, command: str, kill: Kill
) -> None:
    batch.cores = 2
    cases = [batch.add(f"1.2.{number}") for number in range(3)]
    run = batch.start(getattr(batch, command)(), seconds=0.4)
    wait_until(lambda: ("measure", cases[1]) in batch.counts())
    kill(run)
    finished = finished_stages(batch, cases)

    ended = batch.run(getattr(batch, command)())

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert set(batch.worklist().values()) == {"assessed"}
    counts = batch.counts()
    assert len(finished) >= 4
    assert {counts[done] for done in finished} == {1}
    assert set(counts) == {(stage, case) for stage in STAGES for case in cases}
    assert max(counts.values()) <= 2


def test_a_second_run_on_the_same_output_says_so_and_stops(batch: Batch) -> None:
    case = batch.add("1.2.1")
    first = batch.start(batch.nvc_run(), seconds=3.0)
    wait_until(lambda: ("convert", case) in batch.counts())

    for command in (batch.nvc_run(), batch.snakemake()):
        second = batch.run(command)
        assert second.returncode == 2
        assert "another run" in second.stderr
        assert "Traceback" not in second.stderr

    first.send_signal(signal.SIGINT)
    assert first.wait(timeout=120) == 130
    assert batch.run(batch.nvc_run()).returncode == 0
    assert batch.worklist() == {case: "assessed"}


def finished_stages(batch: Batch, cases: list[str]) -> list[tuple[str, str]]:
    return [
        (stage, case)
        for stage in STAGES
        for case in cases
        if batch.output.case(case).outcome(stage).exists()
    ]
