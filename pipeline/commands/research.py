"""Commands for those who make and check the networks: phantom, train, calibrate, evaluate, models."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
