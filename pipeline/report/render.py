"""Laying a page out as HTML: on the screen, and for the PDF."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.records.findings import Grade, VesselName
from pipeline.records.verdict import JUDGED
from pipeline.report.page import Page
from pipeline.report.viewer import ras_text
from pipeline.report.wording import Wording

_FOLDER = Path(__file__).parent
_TEMPLATES, _ASSETS = _FOLDER / "templates", _FOLDER / "assets"


class ChangedAssetError(Exception):
    """A program that pages carry is not the one that was released with this product."""


def page_html(page: Page, wording: Wording) -> str:
    """The page as one file that needs nothing else."""
    programs = [_text("report.js")]
    if page.viewer:
        programs = [viewer_program(), *programs, _text("viewer.js")]
    template = environment(_TEMPLATES).get_template("report.html.j2")
    return template.render(
        page=page,
        programs=[Markup(program) for program in programs],
        hashes=" ".join(f"'{content_hash(program)}'" for program in programs),
        place_of=ras_text,
        judged=JUDGED,
        grades={grade: wording.sentences.grade[grade] for grade in get_args(Grade)},
        vessels={name: wording.sentences.vessel[name] for name in get_args(VesselName)},
    )


def print_html(page: Page, scale: float) -> str:
    """The same record laid out for A4 paper that was enlarged by 1 / scale, to be shrunk again."""
    template = environment(_TEMPLATES).get_template("print.html.j2")
    return template.render(page=page, scale=scale)


@cache
def viewer_program() -> str:
    """NiiVue as released with this product. Raises ChangedAssetError for any other file."""
    content = (_ASSETS / "niivue.umd.js").read_bytes()
    released = (_ASSETS / "SHA256SUMS").read_text(encoding="ascii").split()[0]
    if hashlib.sha256(content).hexdigest() != released:
        raise ChangedAssetError("niivue.umd.js is not the file that SHA256SUMS names")
    return content.decode("utf-8")


def content_hash(program: str) -> str:
    """What a page's security policy knows a program by."""
    digest = hashlib.sha256(program.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


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


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
