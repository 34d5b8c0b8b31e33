"""Commands that compare results with what is true, and calibrate by it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (
        measure_generated,
        calibrate,
        evaluate,
        evaluate_measuring,
        evaluate_angiogram,
        evaluate_refusals,
        evaluate_reliability,
    ):
        app.command(rich_help_panel="Evaluation")(command)


def measure_generated(
    data: Annotated[Path, typer.Argument(help="Gets the truth of every study.")],
    results: Annotated[Path, typer.Argument(help="Gets the records of the stages up to measure.")],
    first: Annotated[int, typer.Option("--first", min=0, help="First study of the set.")] = 0,
    count: Annotated[int, typer.Option("--count", min=1, help="How many studies.")] = 40,
    cores: Annotated[int, typer.Option("--cores", min=1, help="Processes to work in.")] = 2,
) -> None:
    """Generate calibration studies and measure them at once, without DICOM and registration.

    `nvc calibrate` takes these and studies that went through a run. What was measured by the same
    code, networks and settings is kept.
    """
    from pipeline.evaluate.direct import DirectFolders, measure_all
    from pipeline.paths import OutputFolder
    from pipeline.phantom.manifest import plans
    from pipeline.settings import load_settings

    folders = DirectFolders(data, OutputFolder(results))
    chosen = plans("calibration", first + count)[first:]
    for plan, missing in measure_all(chosen, folders, load_settings(), cores):
        typer.echo(f"{plan.seed} left out: {missing}" if missing else f"{plan.seed}")


def calibrate(
    data: Annotated[Path, typer.Argument(help="Generated calibration studies with their truth.")],
    results: Annotated[Path, typer.Argument(help="Output folder of the stages up to measure.")],
    destination: Annotated[Path, typer.Argument(help="Where the calibration is written (JSON).")],
) -> None:
    """Fit corrections, intervals and probabilities on generated calibration studies."""
    from pipeline.evaluate import calibrate as fit
    from pipeline.paths import OutputFolder

    fit(data, OutputFolder(results), destination)
    typer.echo(f"calibration: {destination}")


def evaluate(
    results: Annotated[Path, typer.Argument(help="Output folder of `nvc run` over the studies.")],
    destination: Annotated[Path, typer.Argument(help="Where the figures are written (JSON).")],
    data: Annotated[
        Path, typer.Option("--data", help="Generated studies, or a site's labels and verdicts.")
    ],
    publish: Annotated[
        bool, typer.Option("--publish", help="Into model cards and reports; renews the lock.")
    ] = False,
) -> None:
    """Compare the results of a run with what is true: of generated studies, or of a site's own.

    A site labels its studies (NIfTI, DICOM SEG) or gives readers' verdicts (CSV), and sees whether
    its figures agree with the released ones: docs/how-to/acceptance.md.
    """
    from pipeline.errors import UsageError
    from pipeline.evaluate import holds_generated

    if holds_generated(data):
        _evaluate_generated(data, results, destination, publish=publish)
    elif publish:
        raise UsageError("only figures of generated studies are published with the models")
    else:
        _evaluate_site(data, results, destination)
    typer.echo(f"evaluation: {destination}")


def _evaluate_generated(data: Path, results: Path, destination: Path, *, publish: bool) -> None:
    from pipeline.assess.accuracy import ACCURACY_FILE
    from pipeline.evaluate import evaluate_generated, update_model_cards
    from pipeline.paths import OutputFolder
    from pipeline.settings import MODELS, REPOSITORY
    from pipeline.train.release import write_lock

    evaluation = evaluate_generated(data, OutputFolder(results))
    evaluation.write(destination)
    if publish:
        update_model_cards(evaluation, MODELS, destination.as_posix())
        evaluation.released(destination.as_posix()).write(REPOSITORY / ACCURACY_FILE)
        write_lock()


def _evaluate_site(data: Path, results: Path, destination: Path) -> None:
    from pipeline.evaluate import evaluate_site
    from pipeline.paths import OutputFolder
    from pipeline.settings import load_settings

    accepted = evaluate_site(data, OutputFolder(results), load_settings())
    accepted.write(destination)
    for row in accepted.comparison.figures:
        if row.sides_here:
            typer.echo(f"{row.figure}: {row.here}, {row.sides_here} sides")
    for refused in accepted.truth.refused:
        typer.echo(f"not used: file {refused.file}: {refused.reason}; {refused.what_to_do}")
    for sentence in accepted.comparison.sentences:
        typer.echo(sentence)


def evaluate_measuring(
    destination: Annotated[Path, typer.Argument(help="Where the scores are written (JSON).")],
    count: Annotated[int, typer.Option("--count", min=1, help="Generated subjects.")] = 20,
    spacing_mm: Annotated[
        float, typer.Option("--spacing", min=0.2, max=1.0, help="Voxel edge in mm.")
    ] = 0.5,
    blur_mm: Annotated[
        float, typer.Option("--blur", min=0.0, help="Blur of the labels, mm.")
    ] = 0.0,
    holes: Annotated[int, typer.Option("--holes", min=0, help="Places lost in arteries.")] = 0,
    mixed: Annotated[int, typer.Option("--mixed", min=0, help="Places with VII called VIII.")] = 0,
) -> None:
    """Measure generated subjects from their exact labels: what a perfect network would allow."""
    from pipeline.evaluate.true_fractions import Damage, evaluate_true_fractions
    from pipeline.settings import load_settings

    damage = Damage(blur_mm=blur_mm, holes=holes, mixed=mixed)
    evaluate_true_fractions(count, spacing_mm, damage, load_settings().measure, destination)
    typer.echo(f"evaluation: {destination}")


def evaluate_angiogram(
    results: Annotated[Path, typer.Argument(help="Output folder of a run on angiograms alone.")],
    destination: Annotated[Path, typer.Argument(help="Where the scores are written (JSON).")],
    bright: Annotated[
        float, typer.Option("--bright", help="Stored value above which a voxel is an artery.")
    ],
    dark: Annotated[
        float, typer.Option("--dark", help="Stored value up to which a voxel is no artery.")
    ],
) -> None:
    """Compare labelled arteries with the brightness of real angiograms, without true labels."""
    from pipeline.evaluate.angiogram import angiogram_scores
    from pipeline.paths import OutputFolder

    scores = angiogram_scores(OutputFolder(results), bright, dark)
    scores.write(destination)
    for side in scores.sides:
        typer.echo(
            f"{side.side}: {side.labelled} of {side.bright_voxels} bright voxels are labelled "
            f"artery; {side.not_dark} of {side.artery_voxels} artery voxels are not dark"
        )
    typer.echo(f"evaluation: {destination}")


def evaluate_refusals(
    data: Annotated[Path, typer.Argument(help="Generated studies with their truth.")],
    results: Annotated[Path, typer.Argument(help="Output folder of a run over them.")],
    destination: Annotated[Path, typer.Argument(help="Where the scores are written (JSON).")],
) -> None:
    """Cut generated slabs short and turn pictures over, and count the sides that are still located.

    Needs what the run keeps for itself (`work`); only the localiser is run.
    """
    from pipeline.evaluate.generated import generated_results
    from pipeline.evaluate.refusals import refusal_scores
    from pipeline.paths import OutputFolder
    from pipeline.segment.localise import localise
    from pipeline.segment.models import LOCALISER
    from pipeline.segment.networks import load_networks
    from pipeline.settings import load_settings

    settings = load_settings()
    networks = load_networks(settings)
    scores = refusal_scores(
        generated_results(data, OutputFolder(results)),
        lambda image: frozenset(localise(image, networks.localiser, settings.segment).found),
        tuple(used for used in networks.used if used.name == LOCALISER),
    )
    scores.write(destination)
    slabs, turned = scores.slabs_recognised, scores.turned_recognised
    typer.echo(f"{slabs.count} sides beyond the slab, recognised: {slabs.value}")
    typer.echo(f"{turned.count} pictures turned over, recognised: {turned.value}")
    typer.echo(f"as they are, sides located: {scores.located_as_they_are.value}")
    typer.echo(f"evaluation: {destination}")


def evaluate_reliability(
    data: Annotated[Path, typer.Argument(help="Generated calibration studies.")],
    results: Annotated[Path, typer.Argument(help="Output folder of the stages up to measure.")],
    destination: Annotated[Path, typer.Argument(help="Where the scores are written (JSON).")],
    reserved: Annotated[
        list[Path] | None, typer.Option("--reserved", help="Reserved studies, assessed.")
    ] = None,
    reserved_results: Annotated[
        list[Path] | None, typer.Option("--results", help="Their output folders, in that order.")
    ] = None,
) -> None:
    """See over many sides whether probabilities of vessel contact mean what they say.

    Of every calibration study by a calibration that was fitted without it, and of reserved studies
    as they were assessed.
    """
    from pipeline.errors import UsageError
    from pipeline.evaluate.cross_validation import pooled_reliability
    from pipeline.paths import OutputFolder

    assessed, folders = reserved or [], reserved_results or []
    if len(assessed) != len(folders):
        raise UsageError("give as many --results as --reserved, in the same order")
    sets = [(one, OutputFolder(folder)) for one, folder in zip(assessed, folders, strict=True)]
    found = pooled_reliability((data, OutputFolder(results)), sets)
    found.write(destination)
    known = found.all_sides
    typer.echo(
        f"{known.slope.count} sides of {found.studies} studies: calibration error "
        f"{known.expected_calibration_error.value}, slope {known.slope.value}"
    )
    typer.echo(f"evaluation: {destination}")
