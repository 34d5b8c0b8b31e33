"""How numbers are written for people: rounded, with their unit, and bound to their source.

Every number that a page shows is an HTML `data` element which keeps the exact value and the
place in `findings.json` that it comes from, so that page and record can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

NO_BREAK_SPACE = "\u00a0"
_ALMOST = 0.005
"""Shares nearer than this to none or all are not rounded to 0 or 100 %."""


def millimetres(value_mm: float) -> str:
    """A length with one decimal, two below 0.1 mm."""
    digits = 2 if 0.005 <= value_mm < 0.095 else 1
    return f"{value_mm:.{digits}f}{NO_BREAK_SPACE}mm"


def percent(share: float) -> str:
    """A share of 1 in whole per cent; never 0 or 100 where it is not exactly that."""
    if 0.0 < share < _ALMOST:
        return f"below 1{NO_BREAK_SPACE}%"
    if 1.0 - _ALMOST < share < 1.0:
        return f"above 99{NO_BREAK_SPACE}%"
    return f"{100 * share:.0f}{NO_BREAK_SPACE}%"


def shown(text: str, value: float, source: str) -> Markup:
    """`text` as the rendering of `value`, which stands at `source` in findings.json.

    source: names and indices from the top of the record, joined by dots.
    """
    element = Markup('<data value="{}" data-source="{}">{}</data>')
    return element.format(repr(value), source, text)


def shown_mm(value_mm: float, source: str) -> Markup:
    """A length bound to its source; of a signed one the size."""
    return shown(millimetres(abs(value_mm)), value_mm, source)


def shown_percent(share: float, source: str) -> Markup:
    """A share bound to its source."""
    return shown(percent(share), share, source)


def filled(pattern: str, **values: str) -> Markup:
    """A text with its blanks filled in: everything is escaped that is not markup already."""
    return escape(pattern).format(**values)


def joined(parts: Sequence[str], separator: str = ", ") -> Markup:
    """Parts one after the other, escaped where they are not markup already."""
    return Markup(escape(separator)).join(parts)


def begun(text: str) -> Markup:
    """The text with a capital letter at its beginning; markup stays as it is."""
    escaped = escape(text)
    return Markup(escaped[:1].upper() + escaped[1:])
