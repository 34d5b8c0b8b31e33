"""Putting trained weights into a bundle, and writing the lock over all models.

python -m pipeline.train.release --segmenter RUN --localiser RUN --version 1.0.0
python -m pipeline.train.release --lock
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.files import atomic_path, write_text_atomically
from pipeline.segment.models import LOCALISER, LOCK, SEGMENTER, Bundle, bundle_files, sha256_of
from pipeline.settings import MODELS
from pipeline.train.loop import METRICS
from pipeline.train.state import WEIGHTS


def release(run: Path, name: str, version: str, models: Path = MODELS) -> None:
    """Copy the weights of a finished training into bundle `name` and note how they came about.

    Raises UsageError when the run has not ended, or is a training of another network.
    """
    metrics = _finished(run, name)
    bundle = Bundle(models / name)
    bundle.weights.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(bundle.weights) as partial:
        shutil.copyfile(run / WEIGHTS, partial)
    metadata = bundle.config("metadata")
    metadata["version"] = version
    metadata["training"] = metrics
    _write_json(bundle.root / "configs" / "metadata.json", metadata)


def write_lock(models: Path = MODELS) -> None:
    """Write models.lock: sha256 and path of every file of every folder below `models/`."""
    folders = sorted(path for path in models.iterdir() if path.is_dir())
    files = {name: path for root in folders for name, path in bundle_files(root).items()}
    lines = [f"{sha256_of(path)}  {name}\n" for name, path in sorted(files.items())]
    write_text_atomically(models / LOCK, "".join(lines))


def _finished(run: Path, name: str) -> dict[str, Any]:
    try:
        metrics: dict[str, Any] = json.loads((run / METRICS).read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(f"{run} holds no {METRICS}: that training has not ended") from None
    if metrics.get("network") != name:
        raise UsageError(f"{run} is a training of {metrics.get('network')}, not of {name}")
    return metrics


def _write_json(path: Path, values: dict[str, Any]) -> None:
    write_text_atomically(path, json.dumps(values, indent=4) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; the lock is always written anew at the end."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.train.release")
    parser.add_argument("--localiser", type=Path, help="folder of a finished training")
    parser.add_argument("--segmenter", type=Path, help="folder of a finished training")
    parser.add_argument("--version", default="1.0.0", help="version of the released networks")
    parser.add_argument("--lock", action="store_true", help="write the lock only")
    given = parser.parse_args(arguments)
    chosen = [(LOCALISER, given.localiser), (SEGMENTER, given.segmenter)]
    runs = [(name, run) for name, run in chosen if run is not None]
    if not runs and not given.lock:
        parser.error("give --localiser, --segmenter or --lock")
    for name, run in runs:
        release(run, name, given.version)
    write_lock()


if __name__ == "__main__":
    main()
