"""Commands for those who make and check the networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from pipeline.train.state import Plan

Network = Literal["localiser", "segmenter"]
StudySet = Literal["samples", "test", "calibration"]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (phantom, models, train, to_label):
        app.command(rich_help_panel="Research")(command)


def phantom(
    study_set: Annotated[
        StudySet | None, typer.Argument(metavar="SET", help="Which set of studies.")
    ] = None,
    output: Annotated[
        Path | None, typer.Argument(help="Folder for the studies, one folder for each.")
    ] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, help="Studies of the set (the samples are five).")
    ] = 40,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="Manifest that the truth has to agree with.")
    ] = None,
    promise: Annotated[
        Path | None, typer.Option("--promise", help="Write the set's manifest instead of studies.")
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Measure the anatomy instead; nothing is rendered.")
    ] = False,
    subjects: Annotated[int, typer.Option("--subjects", min=1, help="Subjects to measure.")] = 1000,
    cores: Annotated[int, typer.Option("--cores", min=1, help="Processes to work in.")] = 2,
    out: Annotated[
        Path, typer.Option("--out", help="Report of the anatomy (JSON; a page beside it).")
    ] = Path("generated-anatomy.json"),
) -> None:
    """Generate studies in DICOM with their truth; those that are there already are kept.

    With --statistics, measure generated subjects against the table of human anatomy.
    """
    from pipeline.errors import UsageError

    if statistics:
        _anatomy(subjects, cores, out)
    elif promise is not None and study_set in {"test", "calibration"}:
        _promise(study_set, count, promise)
    elif study_set is None or output is None:
        raise UsageError("name a SET and an OUTPUT folder, or ask for --statistics")
    else:
        _studies(study_set, output, count, manifest, cores)


def _promise(study_set: Literal["test", "calibration"], count: int, destination: Path) -> None:
    from pipeline.phantom.manifest import promise

    made = promise(study_set, count)
    made.write(destination)
    typer.echo(f"{len(made.studies)} studies promised: {destination}")


def _anatomy(subjects: int, cores: int, out: Path) -> None:
    from pipeline.files import write_text_atomically
    from pipeline.phantom.statistics import anatomy_report, markdown

    report = anatomy_report(subjects, cores)
    report.write(out)
    write_text_atomically(out.with_suffix(".md"), markdown(report))
    missed = [row.name for row in report.rows if row.held is False]
    typer.echo(f"anatomy of {report.subjects} subjects: {out}")
    typer.echo(f"not within its tolerance: {', '.join(missed) or 'nothing'}")


def _studies(
    study_set: StudySet, output: Path, count: int, manifest: Path | None, cores: int
) -> None:
    from pipeline.errors import UsageError
    from pipeline.phantom.folder import check_against, write_all
    from pipeline.phantom.manifest import Manifest, plans
    from pipeline.phantom.recipe import GENERATOR_VERSION
    from pipeline.phantom.samples import sample_plans
    from pipeline.phantom.truth import Truth

    promised = Manifest.read(manifest) if manifest else None
    if promised and promised.generator_version != GENERATOR_VERSION:
        raise UsageError(
            f"{manifest} is of generator version {promised.generator_version}; this is version "
            f"{GENERATOR_VERSION}, which makes other studies of the same seeds"
        )
    if study_set == "samples":
        named = sample_plans()
    else:
        named = {f"{study_set}_{plan.seed}": plan for plan in plans(study_set, count)}
    truths = []
    for name, made in write_all(named, output, cores):
        if isinstance(made, Truth):
            truths.append(made)
            typer.echo(name)
        else:
            typer.echo(f"{name} left out: {made}", err=True)
    wrong = check_against(promised, truths) if promised else []
    if wrong:
        raise UsageError(f"the truth of seeds {wrong} is not what the manifest says")


def models() -> None:
    """List the networks with version and checksum, after checking every file against the lock."""
    from pipeline.segment.models import BUNDLES, verified_bundle

    for name in BUNDLES:
        used = verified_bundle(name).used()
        typer.echo(f"{used.name} {used.version} sha256:{used.sha256}")


def train(
    network: Annotated[Network, typer.Argument(help="Which network.")],
    output: Annotated[Path, typer.Argument(help="Folder for checkpoint and weights.")],
    minutes: Annotated[float, typer.Option("--minutes", min=0.01, help="Time to train.")],
    bank: Annotated[
        Path | None, typer.Option("--bank", help="Folder of generated examples.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Your own labels (NIfTI, DICOM SEG).")
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Output folder of `nvc run` over your studies.")
    ] = None,
    promote: Annotated[
        str | None, typer.Option("--promote", help="Version to release it as, if it is better.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and augmentation.")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="CPU threads.")] = 2,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes for batches.")] = 1,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
) -> None:
    """Train a network on a bank of generated examples, or the released segmenter on your labels.

    With --data, patients are split, the network is trained on, and old and new are compared on the
    patients that were kept apart: docs/how-to/retrain.md.
    """
    from pipeline.errors import UsageError
    from pipeline.train.localiser import LOCALISER_TRAINING
    from pipeline.train.segmenter import SEGMENTER_TRAINING
    from pipeline.train.state import Plan

    plan = Plan(output, minutes, seed, threads, device)
    if data is not None:
        if network != "segmenter" or results is None:
            raise UsageError("--data is for the segmenter, and needs --results beside it")
        _retrain(data, results, plan, bank, promote, resume=resume, workers=workers)
    elif bank is None or promote is not None:
        raise UsageError("give a --bank to train on; only training on --data can --promote")
    else:
        chosen = LOCALISER_TRAINING if network == "localiser" else SEGMENTER_TRAINING
        chosen.run(bank, plan, resume, workers)


def _retrain(
    data: Path,
    results: Path,
    plan: Plan,
    bank: Path | None,
    version: str | None,
    *,
    resume: bool,
    workers: int,
) -> None:
    from pipeline.paths import OutputFolder
    from pipeline.settings import load_settings
    from pipeline.train import retrain as loop

    made = loop.retrain(
        data,
        OutputFolder(results),
        plan,
        load_settings(),
        bank=bank,
        resume=resume,
        workers=workers,
    )
    for refused in made.crops.refused:
        typer.echo(f"not used: file {refused.file}: {refused.reason}; {refused.what_to_do}")
    found = made.contest
    for row in (*found.labels, None):
        name, gain = (row.label, row.gain) if row else ("mean", found.gain)
        typer.echo(f"{name}: Dice {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})")
    typer.echo(f"{found.crops} sides of {found.patients} patients kept apart: {found.reason}")
    if version is not None:
        loop.promote(plan.out, version)
        typer.echo(f"released as {version}; calibrate anew before use: nvc calibrate")


def to_label(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder of the results.")],
    labels: Annotated[Path, typer.Argument(help="Folder of labels made by hand: CASE.nii.gz.")],
) -> None:
    """List the studies that readers disagreed with, as CSV, and what each lacks to train on it.

    A study counts as labelled only where LABELS has an outline of it that a person made.
    """
    from pipeline.paths import OutputFolder
    from pipeline.train.disputed import disputes_csv
    from pipeline.train.disputed import to_label as listed

    typer.echo(disputes_csv(listed(OutputFolder(output), labels)), nl=False)
