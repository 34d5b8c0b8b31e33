"""Laying a page out as HTML: on the screen, and for the PDF."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.report.page import Page

_TEMPLATES = Path(__file__).parent / "templates"


def page_html(page: Page) -> str:
    """The page as one file that needs nothing else."""
    return environment(_TEMPLATES).get_template("report.html.j2").render(page=page)


def print_html(page: Page, scale: float) -> str:
    """The same record laid out for A4 paper that was enlarged by 1 / scale, to be shrunk again."""
    template = environment(_TEMPLATES).get_template("print.html.j2")
    return template.render(page=page, scale=scale)


@cache
def environment(folder: Path) -> Environment:
    """Templates of a folder and the shared ones here; everything filled in is escaped."""
    return Environment(
        loader=FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
