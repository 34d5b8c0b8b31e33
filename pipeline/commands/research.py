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
    for command in (
        phantom,
        models,
        train,
        to_label,
        calibrate,
        evaluate,
        evaluate_measuring,
        evaluate_angiogram,
        evaluate_slabs,
    ):
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
    cores: Annotated[int, typer.Option("--cores", min=1, help="Processes that measure.")] = 2,
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
        _studies(study_set, output, count, manifest)


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


def _studies(study_set: StudySet, output: Path, count: int, manifest: Path | None) -> None:
    from pipeline.errors import UsageError
    from pipeline.phantom.deformation import ImpossibleAnatomyError
    from pipeline.phantom.folder import check_against, write_generated
    from pipeline.phantom.manifest import Manifest, plans
    from pipeline.phantom.recipe import GENERATOR_VERSION
    from pipeline.phantom.samples import sample_plans

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
    for name, plan in named.items():
        try:
            truths.append(write_generated(plan, output / name))
        except ImpossibleAnatomyError as error:
            typer.echo(f"{name} left out: {error}", err=True)
            continue
        typer.echo(name)
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


def evaluate_slabs(
    data: Annotated[Path, typer.Argument(help="Generated studies with their truth.")],
    results: Annotated[Path, typer.Argument(help="Output folder of a run over them.")],
    destination: Annotated[Path, typer.Argument(help="Where the scores are written (JSON).")],
) -> None:
    """Cut generated slabs short of the root exit zones, and count the sides that are still located.

    Needs what the run keeps for itself (`work`); only the localiser is run.
    """
    from pipeline.evaluate.generated import generated_results
    from pipeline.evaluate.slabs import slab_scores
    from pipeline.paths import OutputFolder
    from pipeline.segment.localise import localise
    from pipeline.segment.models import LOCALISER
    from pipeline.segment.networks import load_networks
    from pipeline.settings import load_settings

    settings = load_settings()
    networks = load_networks(settings)
    scores = slab_scores(
        generated_results(data, OutputFolder(results)),
        lambda slab: frozenset(localise(slab, networks.localiser, settings.segment).found),
        tuple(used for used in networks.used if used.name == LOCALISER),
    )
    scores.write(destination)
    found = scores.recognised
    typer.echo(f"{found.count} sides beyond the slab, recognised: {found.value}")
    typer.echo(f"evaluation: {destination}")
