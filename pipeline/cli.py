"""The command `nvc`: what a person or the workflow asks for, and how it is told what went wrong.

Exit codes: 0 all studies assessed or honestly not assessable, 1 at least one study failed,
2 wrong use or settings, or another run holds the output folder, 3 nothing to read.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline import __version__
from pipeline.commands import evaluation, research, review, run, send, stages
from pipeline.errors import ERROR_VARIABLE, NvcError, exit_code

app = typer.Typer(
    name="nvc",
    help=(
        "Neurovascular contact of the facial nerve, from a folder of DICOM to a worklist and a "
        "page per patient. Research software for review by a surgeon or radiologist, not a "
        "medical device."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
run.register(app)
review.register(app)
send.register(app)
stages.register(app)
research.register(app)
evaluation.register(app)


def main() -> None:
    """Run the command line; errors end with a sentence and an exit code, never a traceback."""
    try:
        app()
    except NvcError as error:
        _leave(str(error), exit_code(error))
    except OSError as error:
        _leave(f"{error.strerror or error} ({error.filename or 'no file'})", 1)


def _leave(message: str, code: int) -> NoReturn:
    """End with a message: on the terminal, in the stage's log, and for the run that waits."""
    kept = os.environ.get(ERROR_VARIABLE)
    if kept:
        Path(kept).write_text(f"{code}\n{message}", encoding="utf-8")
    log = logging.getLogger("nvc")
    if log.handlers:
        log.error("nvc: %s", message)
    else:
        typer.echo(f"nvc: {message}", err=True)
    sys.exit(code)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"nvc-triage {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Options before a command."""


if __name__ == "__main__":
    main()
