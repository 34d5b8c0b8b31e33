"""`nvc send`: the DICOM objects of the results, back to the archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import SettingsOption


def register(app: typer.Typer) -> None:
    """Add `nvc send` to `app`."""
    app.command("send")(send)


def send(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder of the results.")],
    settings: SettingsOption = None,
) -> None:
    """Send the results to the archives of the settings (send.peers); nothing is sent twice.

    Ends with 1 where an archive did not take everything; the same command tries the rest again.
    """
    from pipeline.node.send import send as send_results
    from pipeline.paths import OutputFolder
    from pipeline.settings import load_settings

    deliveries = send_results(OutputFolder(output), load_settings(settings).send)
    for delivery in deliveries:
        typer.echo(f"{delivery.peer}: {delivery.sent} sent, {delivery.known} there before")
        for case, reason in delivery.missing:
            typer.echo(f"nvc: {delivery.peer}: {case} {reason}", err=True)
    raise typer.Exit(int(any(delivery.missing for delivery in deliveries)))
