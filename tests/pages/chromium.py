"""Debian's Chromium through Playwright, without a window and without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
"""The last three draw the viewer's WebGL without a graphics card."""


class ChromiumMissingError(Exception):
    """No browser to open pages with; the message says what to install."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Raises ChromiumMissingError."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise ChromiumMissingError("playwright is not installed (pip install .[test])") from None
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise ChromiumMissingError("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()
