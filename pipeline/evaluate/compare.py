"""Are a site's figures compatible with the released ones: by the 95 % intervals of both."""

from __future__ import annotations

from typing import Literal

from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.figures import Figure, figures, in_words
from pipeline.records.base import Record

Verdict = Literal["compatible", "better", "worse", "different", "too_few", "not_measured"]
MIN_SIDES = 10
"""Figures over fewer sides say nothing: nearly any would be compatible."""


class Compared(Record):
    """One figure here and as released, each with its 95 % interval and number of sides."""

    figure: str
    here: str
    sides_here: int
    released: str
    sides_released: int
    verdict: Verdict


class Comparison(Record):
    """sentences: the outcome for people."""

    sentences: tuple[str, ...]
    figures: tuple[Compared, ...]


def compared(here: Evaluation, released: Evaluation) -> Comparison:
    """Figure by figure; two intervals that overlap are compatible."""
    known = {one.name: one for one in figures(released)}
    rows = [_row(one, known[one.name]) for one in figures(here) if one.name in known]
    return Comparison(sentences=_sentences(here, released, rows), figures=tuple(rows))


def _row(here: Figure, released: Figure) -> Compared:
    return Compared(
        figure=here.name,
        here=in_words(here.score),
        sides_here=here.score.count,
        released=in_words(released.score),
        sides_released=released.score.count,
        verdict=_verdict(here, released),
    )


def _verdict(here: Figure, released: Figure) -> Verdict:
    mine, theirs = here.score, released.score
    limits = (mine.low, mine.high, theirs.low, theirs.high)
    if mine.value is None or theirs.value is None or None in limits:
        return "not_measured"
    if min(mine.count, theirs.count) < MIN_SIDES:
        return "too_few"
    low, high, their_low, their_high = (limit or 0.0 for limit in limits)
    if low <= their_high and their_low <= high:
        return "compatible"
    if here.less_is_better is None:
        return "different"
    return "better" if (mine.value < theirs.value) == here.less_is_better else "worse"


def _sentences(here: Evaluation, released: Evaluation, rows: list[Compared]) -> tuple[str, ...]:
    decided = [row for row in rows if row.verdict not in {"too_few", "not_measured"}]
    apart = [row for row in decided if row.verdict != "compatible"]
    few = [row.figure for row in rows if row.verdict == "too_few"]
    sentences = [
        f"Compared with {released.studies} {released.measured_on}.",
        _outcome(len(decided), len(apart)),
        *(_difference(row) for row in apart),
    ]
    if few:
        sentences.append(
            f"Too few sides (under {MIN_SIDES}) to say anything about: {', '.join(few)}."
        )
    if {model.sha256 for model in here.models} != {model.sha256 for model in released.models}:
        sentences.append(
            "The models of this run are not those of the released figures: the two cannot be "
            "expected to agree."
        )
    return tuple(sentences)


def _outcome(decided: int, apart: int) -> str:
    if not decided:
        return "No figure rests on enough sides to be compared; label more studies."
    if not apart:
        return (
            f"All {decided} figures that can be compared are compatible with the released ones: "
            "the 95 % intervals overlap."
        )
    return (
        f"{decided - apart} of {decided} figures that can be compared are compatible with the "
        "released ones (the 95 % intervals overlap); these are not:"
    )


def _difference(row: Compared) -> str:
    return (
        f"{row.figure}: {row.here} on {row.sides_here} sides here, {row.released} on "
        f"{row.sides_released} sides released: {row.verdict}."
    )
