"""Writing the PDF; without the system's text drawing library there is none, and that is said."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from pipeline.files import atomic_path

MOST_PAGES = 2
_SCALES = (1.0, 0.9, 0.8, 0.7)
"""Sizes that are tried until everything fits on MOST_PAGES; type of 9 pt becomes 6 pt at last."""


class PdfLibrariesMissingError(Exception):
    """The libraries behind weasyprint (pango and what it needs) are not on this machine."""


def write_pdf(html_at: Callable[[float], str], path: Path) -> None:
    """Write a tagged A4 PDF. html_at: the HTML for paper enlarged by 1 / scale.

    Raises PdfLibrariesMissingError.
    """
    document, scale = fitted(html_at)
    with atomic_path(path) as partial:
        document.write_pdf(partial, zoom=scale, pdf_tags=True)


def fitted(html_at: Callable[[float], str]) -> tuple[Any, float]:
    """The largest layout that fits on MOST_PAGES (weasyprint's Document), and its scale.

    Nothing but what is embedded in the HTML can be loaded.
    """
    weasyprint = _weasyprint()
    embedded_alone = weasyprint.urls.URLFetcher(allowed_protocols={"data"})
    for scale in _SCALES:
        source = weasyprint.HTML(string=html_at(scale), url_fetcher=embedded_alone)
        document = source.render(pdf_tags=True)
        if len(document.pages) <= MOST_PAGES:
            break
    return document, scale


def _weasyprint() -> Any:
    """The module; what it prints and warns about the machine's libraries is no one's concern."""
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint
    except (ImportError, OSError) as error:
        raise PdfLibrariesMissingError(str(error)) from None
    return weasyprint
