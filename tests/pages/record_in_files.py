"""Whether page, PDF and table of a study say its record, in their files; each raises otherwise."""

from __future__ import annotations

import csv
import html as markup
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.records.base import SIDES, Point
from pipeline.records.findings import Findings
from pipeline.records.worklist import Worklist
from pipeline.report.nerve_course import mirrored_place
from pipeline.report.pictures import position_text
from pipeline.report.render import print_html
from pipeline.report.texts import load_texts
from pipeline.report.viewer import ras_text

from ..report.pages import page_of, read_html
from ..report.test_page import assert_rounded, numbers_outside_the_record

_MEASURE = re.compile(r"\d+(?:\.\d+)?(?= (?:mm|%|\u00d7|generated|that had none))")
_POSITION = re.compile(r"[LR] \d+\.\d(?: mm,)? [PA] \d+\.\d(?: mm,)? [HF] \d+\.\d mm")
_SHARED_WITH_A_ROW = (
    *("case", "study_instance_uid", "status", "reason", "priority", "degraded"),
    *("leading", "side", "sentence"),
)


def assert_page_is_the_record(html: str, found: Findings) -> None:
    """Every number in words, every place that is linked or described, every plotted curve."""
    page = read_html(html)
    for number in page.numbers:
        assert_rounded(number, found)
    assert numbers_outside_the_record(page.text, found) == []
    known = list(places(found))
    links = set(re.findall(r'data-place="([^"]+)"', html))
    assert links <= {ras_text(point) for point in known}
    described = {at for one in page.images for at in _POSITION.findall(one.get("alt") or "")}
    assert described <= {position_text(point) for point in known}
    assert _opens_at(html) <= {ras_text(point) for point in known}
    assert re.findall(r'points="([^"]*)"', html) == list(_curves(found))


def assert_pdf_is_the_record(path: Path, found: Findings) -> None:
    """The same measures in the same order, and the positions of pictures."""
    import pypdf

    sheets = pypdf.PdfReader(path).pages
    text = _plain(" ".join(sheet.extract_text() for sheet in sheets))
    positions = set(_POSITION.findall(text))
    assert positions <= {_written(point) for point in places(found)}
    assert len(positions) >= min(1, len(found.key_images))
    text = text.replace(load_texts().plot.near, " ")  # in the drawing, which is compared by itself
    measures = _MEASURE.findall(_POSITION.sub(" ", text))
    assert len(measures) > 1
    assert measures == _MEASURE.findall(_words(print_html(page_of(found), 1.0)))


def assert_table_is_the_records(
    table: str, listed: Worklist, cases: Mapping[str, Findings]
) -> None:
    """A row for every study, with the values of its record."""
    rows = {row["case"]: row for row in csv.DictReader(io.StringIO(table))}
    assert set(rows) == set(cases) == {row.case for row in listed.studies}
    for row in listed.studies:
        of_record = _of_record(cases[row.case])
        assert {name: getattr(row, name) for name in _SHARED_WITH_A_ROW} == of_record
        written = {name: _cell(value) for name, value in row.model_dump().items()}
        assert rows[row.case] == written, row.case


def places(found: Findings) -> Iterator[Point]:
    """Every place of a record, and the mirror images of those that pictures show."""
    yield from _points(found.model_dump(mode="json"))
    for side in SIDES:
        contact = found.sides[side].vessel_contact.point_lps_mm
        shown = [image.point_lps_mm for image in found.key_images if image.side == side]
        for point in (*shown, *([contact] if contact else [])):
            mirrored = mirrored_place(found, side, point)
            if mirrored is not None:
                yield mirrored.point_lps_mm


def _points(value: Any) -> Iterator[Point]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _points(inner)
    elif isinstance(value, list):
        if len(value) == 3 and all(isinstance(one, float) for one in value):
            yield (value[0], value[1], value[2])
        else:
            for inner in value:
                yield from _points(inner)


def _opens_at(html: str) -> set[str]:
    """Where the viewer opens, as one that writes places for it says it."""
    data = re.search(r'id="viewer-data">(.*?)</script>', html, re.DOTALL)
    start = json.loads(data.group(1))["start"] if data else None
    return {",".join(f"{value:.2f}" for value in start)} if start else set()


def _curves(found: Findings) -> Iterator[str]:
    plots = page_of(found).plots
    for plot in plots:
        yield from plot.bands
    for plot in plots:
        yield from plot.lines


def _written(point: Point) -> str:
    return re.sub(r"(\d) (?=[PAHF] )", r"\1 mm, ", position_text(point))


def _words(html: str) -> str:
    """All that a page says, drawings left out."""
    text = re.sub(r"<(style|svg|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return _plain(markup.unescape(re.sub(r"<[^>]+>", " ", text)))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def _of_record(found: Findings) -> dict[str, Any]:
    own = {name: getattr(found, name) for name in _SHARED_WITH_A_ROW[:6]}
    return own | {name: getattr(found.impression, name) for name in _SHARED_WITH_A_ROW[6:]}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return "; ".join(value) if isinstance(value, tuple) else str(value)
