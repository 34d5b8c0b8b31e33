"""`nvc verdicts`: what readers said on the report pages, brought into the worklist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import SettingsOption


def register(app: typer.Typer) -> None:
    """Add `nvc verdicts` to `app`."""
    app.command("verdicts")(verdicts)


def verdicts(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder of the results.")],
    files: Annotated[list[Path], typer.Argument(help="Files saved from report pages (JSON).")],
    settings: SettingsOption = None,
) -> None:
    """Bring readers' verdicts into the worklist, and keep what they disagreed with.

    Ends with 1 where a file was refused; the others are brought in all the same.
    """
    from pipeline import worklist
    from pipeline.paths import OutputFolder
    from pipeline.settings import load_settings
    from pipeline.worklist.verdicts import bring_in

    folder = OutputFolder(output)
    kept, refused = bring_in(folder, files)
    worklist.run(folder, load_settings(settings))
    for verdict in kept:
        said = "disagrees" if verdict.disagrees else "agrees"
        typer.echo(f"{verdict.case}: {verdict.reader} {said}")
    for one in refused:
        typer.echo(f"nvc: {one.file} {one.reason}", err=True)
    raise typer.Exit(int(bool(refused)))
