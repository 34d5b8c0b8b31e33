"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OutputOption = Annotated[
    Path, typer.Option("--output", help="Output folder.", file_okay=False, show_default=False)
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="Your settings (YAML), laid over the defaults.")
]
LogOption = Annotated[Path | None, typer.Option("--log", help="Also write messages to this file.")]
ClinicalOption = Annotated[
    Path | None,
    typer.Option(
        "--clinical",
        help="Table of affected sides (CSV with the columns study and side); orders the report.",
    ),
]
RetryOption = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        envvar="NVC_RETRY_FAILED",
        help="Try recorded failures again even where nothing changed.",
    ),
]
