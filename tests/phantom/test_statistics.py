"""The committed report of the anatomy, and the same functions on a few subjects anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.phantom.recipe import GENERATOR_VERSION
from pipeline.phantom.statistics import AnatomyReport, anatomy_report, markdown
from pipeline.phantom.statistics.branches import passes_between
from pipeline.phantom.statistics.report import Reference, Row, is_held, table
from pipeline.settings import REPOSITORY

COMMITTED = REPOSITORY / "docs" / "reference" / "generated-anatomy.json"
FEW = 3


@pytest.fixture(scope="module")
def committed() -> AnatomyReport:
    return AnatomyReport.read(COMMITTED)


@pytest.fixture(scope="module")
def few() -> AnatomyReport:
    return anatomy_report(FEW, 1)


def test_every_row_is_within_its_tolerance(committed: AnatomyReport) -> None:
    assert committed.generator_version == GENERATOR_VERSION
    wrong = [row.name for row in committed.rows if _held(row) is False]
    assert wrong == []


def _held(row: Row) -> bool | None:
    return is_held(row.mean, row.spread / row.count**0.5, row.reference)


def test_the_report_has_the_present_table_and_every_row_of_it(committed: AnatomyReport) -> None:
    names = {(group, name) for group, rows in table().items() for name in rows}
    assert {(row.group, row.name) for row in committed.rows} == names
    for row in committed.rows:
        assert row.reference == table()[row.group][row.name]
        assert row.held == _held(row)


def test_it_measured_enough_subjects(committed: AnatomyReport) -> None:
    assert committed.subjects >= 100
    assert committed.impossible < 0.05 * committed.subjects


def test_the_page_says_the_same(committed: AnatomyReport) -> None:
    assert COMMITTED.with_suffix(".md").read_text(encoding="utf-8") == markdown(committed)


def test_subjects_measured_anew_lie_where_the_committed_ones_do(
    committed: AnatomyReport, few: AnatomyReport
) -> None:
    """The mean of a few lies within five standard errors of the mean of many."""
    known = {row.name: row for row in committed.rows}
    for row in few.rows:
        many = known[row.name]
        error = max(many.spread, 0.02) / np.sqrt(row.count)
        assert row.mean == pytest.approx(many.mean, abs=5.0 * error), row.name


def test_a_row_is_held_by_value_range_or_not_at_all() -> None:
    source = "a book"
    value = Reference(value=2.0, tolerance=0.1, source=source)
    assert is_held(2.05, 0.0, value)
    assert is_held(2.2, 0.02, value) is False
    assert is_held(2.2, 0.06, value)
    limits = Reference(range=(1.0, 2.0), source=source)
    assert is_held(1.5, 0.0, limits)
    assert is_held(2.5, 0.1, limits) is False
    assert is_held(9.0, 0.0, Reference(value=2.0, source=source)) is None
    on_purpose = Reference(value=2.0, tolerance=0.1, source=source, reason="enriched")
    assert is_held(9.0, 0.0, on_purpose) is None


def test_a_curve_passes_between_two_others_or_beside_them() -> None:
    first = np.linspace([0.0, 0, 0], [10.0, 0, 0], 30)
    second = np.linspace([0.0, 3, 0], [10.0, 3, 0], 30)
    through = np.linspace([5.0, 1.5, -4], [5.0, 1.5, 4], 20)
    assert passes_between(through, first, second)
    assert not passes_between(through + [0.0, 3.0, 0.0], first, second)
    assert not passes_between(through + [20.0, 0.0, 0.0], first, second)


def test_the_command_writes_report_and_page(tmp_path: Path) -> None:
    out = tmp_path / "anatomy.json"
    arguments = ["phantom", "--statistics", "--subjects", "1", "--cores", "1", "--out", str(out)]
    ended = CliRunner().invoke(app, arguments)

    assert ended.exit_code == 0, ended.output
    assert AnatomyReport.read(out).subjects == 1
    assert out.with_suffix(".md").read_text(encoding="utf-8").startswith("# Generated anatomy")
