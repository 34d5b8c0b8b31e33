"""What axe finds on a page, by the rules of WCAG 2.2 A and AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def violations(page: Page) -> list[str]:
    """Each violation with its first place; skipped where axe is not installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {
        "runOnly": {"type": "tag", "values": list(_RULES)},
        "resultTypes": ["violations"],  # what is in order is not listed: megabytes for a report
    }
    found = axe.Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
