"""Reading DICOM without pydicom's complaints about single values, which quote them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quietly() -> Iterator[None]:
    """Let no warning out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
