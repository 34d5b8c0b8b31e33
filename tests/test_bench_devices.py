"""Ways to compute the networks are compared by what comes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bench_devices import CUDA, main, table_of
from pipeline.evaluate.devices import DeviceFigures, DeviceTable, device_figures
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.outcome import Outcome
from tests.evaluate.outputs import contact, side_findings, side_truth, write_findings, write_truth

REZ = (12.0, 0.0, 0.0)


@pytest.fixture
def outputs(tmp_path: Path) -> tuple[OutputFolder, OutputFolder]:
    return OutputFolder(tmp_path / "found"), OutputFolder(tmp_path / "reference")


def study(output: OutputFolder, data: Path, left: object, shift: int = 0) -> CaseFolder:
    sides = {"left": side_truth("left"), "right": side_truth("right")}
    truth = write_truth(data / output.root.name, 7, sides)
    findings = {
        "left": side_findings(REZ, vessel_contact=left),
        "right": side_findings(REZ, vessel_contact=contact("no", 0.1)),
    }
    folder = write_findings(output, truth, findings, nerve_shift=shift)
    done = Outcome(stage="segment", state="done", key="", seconds=4.0, peak_memory_mb=1.0)
    done.write(folder.outcome("segment"))
    return folder


def figures_of(
    outputs: tuple[OutputFolder, OutputFolder], left: object, shift: int = 0
) -> DeviceFigures:
    found, reference = outputs
    data = found.root.parent / "data"
    folder = study(reference, data, contact("no", 0.1))
    study(found, data, left, shift)
    return device_figures("CPU, torch", "cpu", found, reference, [folder.case])


def test_equal_results_agree(outputs: tuple[OutputFolder, OutputFolder]) -> None:
    same = figures_of(outputs, contact("no", 0.1))
    assert (same.lowest_label_dice, same.largest_probability_difference) == (1.0, 0.0)
    assert (same.grades_changed, same.seconds_per_study) == (0, 4.0)


def test_every_kind_of_difference_shows(outputs: tuple[OutputFolder, OutputFolder]) -> None:
    other = figures_of(outputs, contact("yes", 0.34, grade="contact"), shift=5)
    assert other.lowest_label_dice == pytest.approx(0.5, abs=0.01)
    assert other.largest_probability_difference == pytest.approx(0.24)
    assert other.grades_changed == 1


def test_an_answer_on_one_way_alone_is_the_largest_difference(
    outputs: tuple[OutputFolder, OutputFolder],
) -> None:
    assert figures_of(outputs, contact("cannot_say", None)).largest_probability_difference == 1.0


def test_what_was_not_at_hand_is_said_to_be_unmeasured() -> None:
    table = table_of(DeviceTable(studies=1, rows=(DeviceFigures(way=CUDA),)))
    assert [list(column.cells) for column in table.columns] == [[CUDA], *[["not measured"]] * 4]


def test_a_folder_without_results_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) != 0
    assert "worklist" in capsys.readouterr().err
