"""Twenty studies out of an archive, through all stages, and back: the work of `make hospital`.

Copies of the samples go into Orthanc with storescu, come out of it with getscu, and are run by
`nvc run`; `nvc send` is killed five times with SIGKILL at random moments and started again. Ends
with 1 unless every result is in Orthanc once, in its study, as it was written.

python -m tests.node.hospital_run FOLDER [--copies 4] [--cores 2] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.bench import copy_batch
from pipeline.node.outbox import parcels
from pipeline.paths import OutputFolder
from pipeline.records.export import ExportRecord
from pipeline.records.manifest import Intake
from pipeline.records.run import RunRecord
from pipeline.settings import REPOSITORY

from .hospital import settings_with
from .kills import send_despite_kills, tally
from .orthanc import Orthanc, orthanc

KILLS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of `make hospital`."""
    parser = argparse.ArgumentParser(prog="python -m tests.node.hospital_run", description=__doc__)
    parser.add_argument("folder", type=Path, help="must not exist yet; it is kept")
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True)
    copy_batch(REPOSITORY / "sample_dicoms", given.folder / "scanner", given.copies)
    with orthanc(given.folder / "archive") as archive:
        record = round_trip(archive, given.folder, given.cores, given.seed)
    text = json.dumps(record, indent=1)
    (given.folder / "record.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return int(not record["all_there_once"])


def round_trip(archive: Orthanc, folder: Path, cores: int, seed: int) -> dict[str, Any]:
    """The record of one day: what went in and came out, how long it took, when it was killed."""
    seconds: dict[str, float] = {}
    output = OutputFolder(folder / "out")
    with _timed(seconds, "into the archive"):
        archive.store(folder / "scanner")
    with _timed(seconds, "out of the archive"):
        archive.retrieve_all(folder / "in")
    with _timed(seconds, "nvc run"):
        _run(folder / "in", output, cores)
    settings = settings_with(folder / "settings.yaml", archive.dimse_peer)
    before = archive.instances()
    with _timed(seconds, "nvc send, killed and started again"):
        held = send_despite_kills(archive, output, settings, KILLS, random.Random(seed))
    found = tally(archive, output)
    studies = len(archive.get("/studies").json())
    wanted = len(list(parcels(output)))
    complete = studies == found.studies == len(Intake.read(output.intake).studies)
    right = found.objects == wanted == archive.instances() - before
    return {
        "program": __version__,
        "archive": f"Orthanc {archive.get('/system').json()['Version']}",
        "studies": studies,
        "instances_of_the_scanner": before,
        "states": _states(output),
        "objects": _kinds(output),
        "results_there_at_each_kill": held,
        "studies_with_results": found.studies,
        "objects_received": found.objects,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "altered": len(found.altered),
        "all_there_once": complete and right and not (found.lost or found.doubled or found.altered),
        "seconds": {step: round(took) for step, took in seconds.items()},
        "cores": cores,
    }


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[step] = time.monotonic() - started


def _run(source: Path, output: OutputFolder, cores: int) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "run", str(source), str(output.root)]
    subprocess.run([*command, "--cores", str(cores)], check=True)


def _states(output: OutputFolder) -> dict[str, int]:
    return dict(Counter(study.state for study in RunRecord.read(output.run).studies))


def _kinds(output: OutputFolder) -> dict[str, int]:
    """How many objects of each kind were released."""
    cases = [study.case for study in Intake.read(output.intake).studies]
    records = [ExportRecord.read(output.case(case).record("export")) for case in cases]
    return dict(Counter(made.kind for record in records for made in record.objects))


if __name__ == "__main__":
    sys.exit(main())
