"""A whole run: every study gets a row, nothing is done twice, nothing leaks, errors are told."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from pipeline.records.run import RunRecord
from pipeline.stagekey import STAGES

from .conftest import PATIENT, Batch


def test_every_study_ends_in_the_worklist_and_nothing_leaks(batch: Batch) -> None:
    batch.cores = 2
    expected = {
        batch.add("1.2.1"): "assessed",
        batch.add("1.2.2", "refused"): "not_assessable",
        batch.add("1.2.3", "fails"): "failed",
        batch.add("1.2.4", "crashes"): "failed",
    }

    ended = batch.run(batch.nvc_run())

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert batch.worklist() == expected
    assert all(case in ended.stdout for case in expected)
    assert str(batch.output.worklist_html) in ended.stdout
    assert all(f"{stage:<8} 4/4" in ended.stdout for stage in STAGES)
    assert "Traceback" not in ended.stdout + ended.stderr
    assert files_with(PATIENT, batch.output.root) == []
    assert stat.S_IMODE(batch.output.private.stat().st_mode) == 0o700
    assert "/secret" in next((batch.output.private / "errors").iterdir()).read_text("utf-8")
    check_run_record(RunRecord.read(batch.output.run), expected)


def check_run_record(record: RunRecord, expected: dict[str, str]) -> None:
    states = {study.case: study.state for study in record.studies}
    assert states == {c: "done" if s == "assessed" else s for c, s in expected.items()}
    assert record.packages["torch"] == "2.13.0" or record.packages["torch"].startswith("2.13.0+")
    assert {timing.stage: timing.studies for timing in record.stages} == {
        "convert": 4, "prepare": 4, "segment": 1, "measure": 1, "assess": 4, "report": 4,
        "export": 4,
    }  # fmt: skip
    assert record.settings["segment"]["crop_size_mm"] > 0
    assert record.machine.cores > 0


def test_plain_snakemake_ends_with_0_and_a_second_call_does_nothing(batch: Batch) -> None:
    batch.add("1.2.1")
    batch.add("1.2.2", "fails")

    first = batch.run(batch.snakemake())
    batch.forget_counts()
    before = written(batch.output.root)
    second = batch.run(batch.snakemake())

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert sorted(batch.worklist().values()) == ["assessed", "failed"]
    assert not batch.counts()
    assert written(batch.output.root) == before
    assert files_with(PATIENT, batch.output.root) == []


def test_new_and_changed_studies_are_worked_on_alone_and_lost_ones_leave(batch: Batch) -> None:
    batch.cores = 2
    untouched, changed, lost = batch.add("1.2.1"), batch.add("1.2.2"), batch.add("1.2.3")
    batch.run(batch.nvc_run())
    assert set(batch.worklist()) == {untouched, changed, lost}
    batch.forget_counts()

    new = batch.add("1.2.4")
    batch.add("1.2.2", series="b")
    shutil.rmtree(batch.source / f"{PATIENT}_1.2.3")
    ended = batch.run(batch.nvc_run())

    assert ended.returncode == 0, ended.stdout
    assert batch.counts() == {(stage, case): 1 for stage in STAGES for case in (changed, new)}
    assert set(batch.worklist()) == {untouched, changed, new}


def test_changed_code_is_run_again_from_its_stage_on(batch: Batch) -> None:
    case = batch.add("1.2.1")
    batch.run(batch.nvc_run())
    batch.forget_counts()

    (batch.program / "pipeline" / "measure" / "new_rule.py").write_text("MM = 1", encoding="utf-8")
    batch.run(batch.nvc_run())

    assert batch.counts() == {(stage, case): 1 for stage in STAGES[3:]}


def test_a_fault_is_tried_again_and_a_settled_failure_only_on_request(batch: Batch) -> None:
    crashes, fails = batch.add("1.2.1", "crashes"), batch.add("1.2.2", "fails")
    batch.run(batch.nvc_run())

    batch.forget_counts()
    batch.run(batch.nvc_run())
    assert ("prepare", crashes) in batch.counts()
    assert ("prepare", fails) not in batch.counts()

    batch.forget_counts()
    batch.run(batch.nvc_run("--retry-failed"))
    assert ("prepare", fails) in batch.counts()


def test_a_run_stops_after_the_stage_that_was_asked_for_and_goes_on_from_it(batch: Batch) -> None:
    case = batch.add("1.2.1")
    shown = batch.run(batch.nvc_run("--until", "measure", "--dry-run"))
    assert "rule until" in shown.stdout
    assert not batch.counts()

    ended = batch.run(batch.nvc_run("--until", "measure"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "stopped after measure" in ended.stdout
    assert batch.counts() == {(stage, case): 1 for stage in STAGES[:4]}
    assert not batch.output.worklist_json.exists()

    batch.forget_counts()
    assert batch.run(batch.nvc_run()).returncode == 0
    assert batch.counts() == {(stage, case): 1 for stage in STAGES[4:]}

    ended = batch.run(batch.nvc_run("--until", "diagnosis"))
    assert ended.returncode == 2
    assert "there is no stage diagnosis" in ended.stdout + ended.stderr


def test_an_input_without_images_ends_with_3_and_a_sentence(batch: Batch) -> None:
    ended = batch.run(batch.nvc_run())

    assert ended.returncode == 3
    assert ended.stdout.splitlines()[-1] == "nvc: no DICOM image in the input folder"


def test_wrong_settings_end_with_2_and_name_the_setting(batch: Batch, tmp_path: Path) -> None:
    batch.add("1.2.1")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("convert: {max_slice_spacing: 2}", encoding="utf-8")

    for command in (
        batch.nvc_run("--settings", str(wrong)),
        batch.snakemake(f"settings={wrong}"),
    ):
        ended = batch.run(command)
        assert ended.returncode == 2
        assert "convert.max_slice_spacing" in ended.stderr
        assert "Traceback" not in ended.stderr


def files_with(word: str, root: Path) -> list[str]:
    """Files and names outside private/ that hold a word."""
    public = (path for path in root.rglob("*") if "private" not in path.parts)
    return [
        str(path)
        for path in public
        if word in path.name or (path.is_file() and word.encode() in path.read_bytes())
    ]


def written(root: Path) -> dict[str, int]:
    """Time stamps of all results."""
    public = (path for path in root.rglob("*") if "private" not in path.parts and path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in public}
