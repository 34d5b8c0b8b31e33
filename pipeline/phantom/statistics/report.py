"""Many generated subjects beside the table of human anatomy: means, spreads and shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
import yaml

from pipeline.phantom.deformation import ImpossibleAnatomyError
from pipeline.phantom.priors import anatomy_priors
from pipeline.phantom.recipe import GENERATOR_VERSION, random_side
from pipeline.phantom.statistics.measured import Measured, measure_subject
from pipeline.phantom.subject import Subject, make_subject
from pipeline.records.base import SIDES, Record

FIRST_SEED = 50_000
"""Between the reserved sets and the training seeds."""
_TABLE = Path(__file__).with_name("table.yaml")


class Reference(Record):
    """A row of the table. range: limits of the mean where the source gives no mean."""

    kind: Literal["length", "share"] = "length"
    value: float | None = None
    spread: float | None = None
    range: tuple[float, float] | None = None
    tolerance: float | None = None
    source: str
    reason: str | None = None


class Row(Record):
    """A quantity of the generated subjects beside the table's. held: None where for information."""

    group: str
    name: str
    count: int
    mean: float
    spread: float
    reference: Reference
    held: bool | None


class AnatomyReport(Record):
    """subjects: that were made; impossible: seeds of which no anatomy fitted the recipe."""

    generator_version: str
    first_seed: int
    subjects: int
    impossible: int
    rows: tuple[Row, ...]


def anatomy_report(subjects: int, processes: int) -> AnatomyReport:
    """Measure the subjects of as many seeds, geometry alone, drawn from the default priors."""
    seeds = range(FIRST_SEED, FIRST_SEED + subjects)
    if processes == 1:
        return summarise([measured_seed(seed) for seed in seeds])
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return summarise(list(pool.map(measured_seed, seeds, chunksize=4)))


def measured_seed(seed: int) -> Measured | None:
    """The quantities of one seed's subject; None where it is impossible."""
    subject = statistical_subject(seed)
    return None if subject is None else measure_subject(subject)


def statistical_subject(seed: int) -> Subject | None:
    """The subject of a seed with sides drawn from the default priors."""
    rng = np.random.default_rng([43, seed])
    priors = anatomy_priors().sets["default"]
    try:
        return make_subject(seed, {side: random_side(priors, rng) for side in SIDES})
    except ImpossibleAnatomyError:
        return None


def summarise(measured: Sequence[Measured | None]) -> AnatomyReport:
    """Rows in the order of the table; a quantity that never occurred has no row."""
    values: dict[str, list[float]] = defaultdict(list)
    made = [one for one in measured if one is not None]
    for name, value in (pair for one in made for pair in one):
        values[name].append(value)
    rows = [
        _row(group, name, values[name], reference)
        for group, references in table().items()
        for name, reference in references.items()
        if values[name]
    ]
    return AnatomyReport(
        generator_version=GENERATOR_VERSION,
        first_seed=FIRST_SEED,
        subjects=len(made),
        impossible=len(measured) - len(made),
        rows=tuple(rows),
    )


@cache
def table() -> dict[str, dict[str, Reference]]:
    """The table of human anatomy by group."""
    loaded = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {
        group: {name: Reference.model_validate(row) for name, row in rows.items()}
        for group, rows in loaded.items()
    }


def markdown(report: AnatomyReport) -> str:
    """The report as a page."""
    total = report.subjects + report.impossible
    made = (
        f"What {report.subjects} generated subjects (generator version "
        f"{report.generator_version}, seeds from {report.first_seed}) measure, beside the figures "
        "of people that they are held to. Geometry alone; nothing was rendered. Made with"
    )
    missing = (
        f"For {report.impossible} further seeds no anatomy fitted what was drawn. The "
        "priors stand in `configs/anatomy.yaml`. Within: the mean or share lies within the table's "
        "limits, give or take two standard errors; a row without an answer is for information."
    )
    lines = [
        "# Generated anatomy",
        "",
        made,
        "",
        f"    nvc phantom --statistics --subjects {total} --out generated-anatomy.json",
        "",
        missing,
    ]
    for group in table():
        rows = [row for row in report.rows if row.group == group]
        lines += ["", f"## {group.replace('_', ' ').capitalize()}", ""]
        lines += [
            "| quantity | n | generated | people | within | source |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_line(row) for row in rows]
    return "\n".join(lines) + "\n"


def _row(group: str, name: str, values: Sequence[float], reference: Reference) -> Row:
    mean, spread = float(np.mean(values)), float(np.std(values))
    return Row(
        group=group,
        name=name,
        count=len(values),
        mean=round(mean, 4),
        spread=round(spread, 4),
        reference=reference,
        held=is_held(mean, spread / len(values) ** 0.5, reference),
    )


def is_held(mean: float, error: float, reference: Reference) -> bool | None:
    """Whether a mean lies where the table wants it; None where the row only informs.

    error: standard error of the mean; twice as much is allowed beyond the table's limits, since
    so many subjects cannot tell more.
    """
    limits = reference.range
    if reference.value is not None and reference.tolerance is not None:
        limits = (reference.value - reference.tolerance, reference.value + reference.tolerance)
    if reference.reason is not None or limits is None:
        return None
    return bool(limits[0] - 2.0 * error <= mean <= limits[1] + 2.0 * error)


def _line(row: Row) -> str:
    held = {True: "yes", False: "no", None: ""}[row.held]
    why = f"; {row.reference.reason}" if row.reference.reason else ""
    return (
        f"| {row.name.replace('_', ' ')} | {row.count} | {_generated(row)} | "
        f"{_people(row.reference)} | {held} | {row.reference.source}{why} |"
    )


def _generated(row: Row) -> str:
    if row.reference.kind == "share":
        return f"{100 * row.mean:.1f} %"
    return f"{row.mean:.2f} ± {row.spread:.2f}"


def _people(reference: Reference) -> str:
    if reference.value is None:
        return (
            "" if reference.range is None else f"{reference.range[0]:g} to {reference.range[1]:g}"
        )
    if reference.kind == "share":
        return f"{100 * reference.value:.1f} %"
    spread = "" if reference.spread is None else f" ± {reference.spread:.2f}"
    return f"{reference.value:.2f}{spread}"
