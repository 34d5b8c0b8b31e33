"""Reading rendered pages back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from pipeline.records.findings import Findings
from pipeline.report.figures import Figures
from pipeline.report.page import Page, build_page
from pipeline.report.patient import Patient
from pipeline.report.render import page_html
from pipeline.report.wording import load_wording


@dataclass(frozen=True)
class ShownNumber:
    text: str
    value: float
    source: str


@dataclass
class ReadPage(HTMLParser):
    """numbers: every `data` element. words: all other text. references: src, href and the like."""

    numbers: list[ShownNumber] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    skipped: int = 0
    number: tuple[float, str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        links = ("src", "href", "srcset", "action", "xlink:href", "data", "poster")
        self.references += [str(given[name]) for name in links if given.get(name)]
        if tag == "img":
            self.images.append(given)
        if tag in {"style", "script", "svg"}:
            self.skipped += 1
        if tag == "option":
            self.words.append(" ")
        if tag == "data":
            self.number = (float(given["value"] or "nan"), str(given["data-source"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script", "svg"}:
            self.skipped -= 1

    def handle_data(self, data: str) -> None:
        if self.skipped:
            return
        if self.number is not None:
            self.numbers.append(ShownNumber(data, *self.number))
            self.number = None
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def read_html(html: str) -> ReadPage:
    page = ReadPage()
    page.feed(html)
    return page


def page_of(found: Findings, patient: Patient | None = None) -> Page:
    """The page without pictures."""
    return build_page(found, Figures(), patient, load_wording())


def read_page(found: Findings, patient: Patient | None = None) -> ReadPage:
    return read_html(html_of(found, patient))


def html_of(found: Findings, patient: Patient | None = None) -> str:
    return page_html(page_of(found, patient), load_wording())
