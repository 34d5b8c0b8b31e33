"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images (NVC_REAL_DATA); the test is skipped where it is missing."""
    folder = Path(os.environ.get("NVC_REAL_DATA", REPOSITORY / ".." / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip("real data not at hand (set NVC_REAL_DATA)")
    return folder.resolve()
