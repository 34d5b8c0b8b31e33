"""Running a stage: what is kept, what is done again, and how failures are contained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import NotAssessableError, StudyFailedError, UsageError
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.manifest import StudyManifest
from pipeline.records.outcome import Outcome
from pipeline.settings import Settings, load_settings
from pipeline.stage import Work, read_outcome, run_stage

CASE = "0123456789ab"


class Recorder:
    """Work that writes `findings.json` and counts how often it was done."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[str] = []

    def __call__(self, folder: CaseFolder) -> list[Path]:
        self.calls.append(folder.case)
        if self.error:
            raise self.error
        folder.findings.parent.mkdir(parents=True, exist_ok=True)
        folder.findings.write_text(str(len(self.calls)), encoding="utf-8")
        return [folder.findings]


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    folder = OutputFolder(tmp_path / "out")
    write_manifest(folder, CASE, digest="a")
    return folder


def write_manifest(output: OutputFolder, case: str, digest: str) -> None:
    manifest = StudyManifest(case=case, study_instance_uid="1.2", series=(), digest=digest)
    manifest.write(output.case(case).manifest)


def convert(output: OutputFolder, work: Work, **options: Any) -> Outcome:
    settings: Settings = options.pop("settings", None) or load_settings()
    return run_stage("convert", None, output, [CASE], settings, work, **options)[0]


def prepare(output: OutputFolder, work: Work, **options: Any) -> Outcome:
    return run_stage("prepare", "convert", output, [CASE], load_settings(), work, **options)[0]


def changed(section: str, **values: object) -> Settings:
    settings = load_settings()
    update = getattr(settings, section).model_copy(update=values)
    return settings.model_copy(update={section: update})


def test_a_finished_study_is_not_worked_on_again(output: OutputFolder) -> None:
    work = Recorder()

    first, second = convert(output, work), convert(output, work)

    assert work.calls == [CASE]
    assert first == second == read_outcome(output.case(CASE), "convert")
    assert first.state == "done"
    assert first.files == (f"studies/{CASE}/findings.json",)
    assert first.peak_memory_mb > 1


@pytest.mark.parametrize(
    "change",
    [
        lambda output: write_manifest(output, CASE, digest="b"),
        lambda output: output.case(CASE).findings.unlink(),
        lambda output: output.case(CASE).outcome("convert").write_text("{half", encoding="utf-8"),
    ],
    ids=["new slices", "a result deleted", "an unreadable outcome"],
)
def test_a_study_is_worked_on_again(
    output: OutputFolder, change: Callable[[OutputFolder], None]
) -> None:
    work = Recorder()
    convert(output, work)

    change(output)
    convert(output, work)

    assert len(work.calls) == 2
    assert output.case(CASE).findings.read_text("utf-8") == "2"


def test_only_settings_of_the_stage_count(output: OutputFolder) -> None:
    work = Recorder()
    convert(output, work)

    convert(output, work, settings=changed("assess", prevalence_contact=0.4))
    assert len(work.calls) == 1

    convert(output, work, settings=changed("convert", min_slices=10))
    assert len(work.calls) == 2


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (NotAssessableError("too_thick", "slices of 3 mm"), "not_assessable", "too_thick"),
        (StudyFailedError("no_fit", "did not converge"), "failed", "no_fit"),
        (ZeroDivisionError("/home/mustermann"), "failed", "internal_error"),
        (MemoryError(), "failed", "internal_error"),
    ],
)
def test_a_study_that_ends_early_does_not_stop_the_others(
    output: OutputFolder, error: Exception, state: str, code: str
) -> None:
    write_manifest(output, "good", digest="c")

    def work(folder: CaseFolder) -> list[Path]:
        if folder.case == CASE:
            raise error
        return []

    bad, good = run_stage("convert", None, output, [CASE, "good"], load_settings(), work)

    assert (bad.state, bad.code, good.state) == (state, code, "done")
    assert "mustermann" not in (bad.message or "")


def test_an_internal_error_keeps_its_traceback_in_private(output: OutputFolder) -> None:
    outcome = convert(output, Recorder(ValueError("/home/mustermann")))

    kept = output.private / "errors" / f"{CASE}-convert.txt"
    assert "/home/mustermann" in kept.read_text("utf-8")
    assert f"private/errors/{kept.name}" in (outcome.message or "")
    assert "ValueError" in (outcome.message or "")


def test_a_stage_that_does_not_write_what_it_promised_has_failed(output: OutputFolder) -> None:
    outcome = convert(output, lambda folder: [folder.findings])

    assert (outcome.state, outcome.code) == ("failed", "internal_error")


@pytest.mark.parametrize(
    ("error", "retry_failed", "calls"),
    [
        (StudyFailedError("a", "b"), False, 1),
        (StudyFailedError("a", "b"), True, 2),
        (StudyFailedError("a", "b", deterministic=False), False, 2),
        (ZeroDivisionError(), False, 2),
        (NotAssessableError("a", "b"), True, 1),
    ],
)
def test_which_failures_are_tried_again(
    output: OutputFolder, error: Exception, retry_failed: bool, calls: int
) -> None:
    work = Recorder(error)

    convert(output, work)
    convert(output, work, retry_failed=retry_failed)

    assert len(work.calls) == calls


def test_an_earlier_end_is_passed_on(output: OutputFolder) -> None:
    convert(output, Recorder(NotAssessableError("too_thick", "slices of 3 mm")))
    work = Recorder()

    outcome = prepare(output, work)

    assert not work.calls
    assert (outcome.stage, outcome.state, outcome.code) == (
        "convert", "not_assessable", "too_thick",
    )  # fmt: skip
    assert outcome == read_outcome(output.case(CASE), "prepare")


def test_a_stage_for_every_case_works_on_what_ended_earlier(output: OutputFolder) -> None:
    convert(output, Recorder(NotAssessableError("too_thick", "slices of 3 mm")))
    work = Recorder()

    outcomes = [prepare(output, work, every_case=True) for _ in range(2)]

    assert work.calls == [CASE]
    assert outcomes[0].state == "done"


def test_a_stage_for_every_case_notices_that_the_earlier_end_is_another(
    output: OutputFolder,
) -> None:
    work = Recorder()
    for reason in ("slices of 3 mm", "slices of 4 mm"):
        convert(output, Recorder(StudyFailedError("a", reason)), retry_failed=True)
        prepare(output, work, every_case=True)

    assert len(work.calls) == 2


def test_results_of_a_study_that_can_no_longer_go_on_are_removed(output: OutputFolder) -> None:
    convert(output, lambda folder: [])
    prepare(output, Recorder())
    assert output.case(CASE).findings.exists()

    write_manifest(output, CASE, digest="b")
    convert(output, Recorder(NotAssessableError("too_few", "slices are missing")))
    prepare(output, Recorder())

    assert not output.case(CASE).findings.exists()


def test_a_file_that_another_stage_wrote_too_is_not_removed(output: OutputFolder) -> None:
    convert(output, Recorder())
    prepare(output, lambda folder: [folder.findings])

    write_manifest(output, CASE, digest="b")
    convert(output, Recorder())
    outcome = prepare(output, lambda folder: [folder.findings])

    assert outcome.state == "done"


def test_a_killed_attempt_leaves_no_outcome_of_before(output: OutputFolder) -> None:
    convert(output, Recorder())
    write_manifest(output, CASE, digest="b")

    with pytest.raises(KeyboardInterrupt):
        convert(output, Recorder(KeyboardInterrupt()))  # type: ignore[arg-type]

    assert read_outcome(output.case(CASE), "convert") is None


def test_a_wrong_set_up_stops_the_run_instead_of_failing_study_after_study(
    output: OutputFolder,
) -> None:
    with pytest.raises(UsageError, match="network"):
        convert(output, Recorder(UsageError("network refused")))

    assert read_outcome(output.case(CASE), "convert") is None


def test_a_stage_asks_for_the_one_before(output: OutputFolder) -> None:
    with pytest.raises(UsageError, match="run the stage convert first"):
        prepare(output, Recorder())
