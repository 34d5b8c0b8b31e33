"""The networks under `models/` (MONAI bundles) and the lock that says which files may be used.

Expressions in a bundle's configuration are code, so the lock covers every file of a bundle, not
only the weights.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.records.landmarks import ModelUsed
from pipeline.settings import MODELS

if TYPE_CHECKING:
    from torch import nn

LOCALISER = "rez_localizer"
SEGMENTER = "cpa_segmenter"
BUNDLES = (LOCALISER, SEGMENTER)
WEIGHTS = "models/model.safetensors"
LOCK = "models.lock"
_CACHES = frozenset({"__pycache__", ".DS_Store"})


@dataclass(frozen=True)
class Bundle:
    """A network's folder. root: the folder that holds `configs/`, `models/`, `docs/`."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def weights(self) -> Path:
        return self.root / WEIGHTS

    @property
    def version(self) -> str:
        return str(self.config("metadata")["version"])

    @property
    def input_channels(self) -> int:
        """Channels of the image that the network takes."""
        return int(
            self.config("metadata")["network_data_format"]["inputs"]["image"]["num_channels"]
        )

    def config(self, name: str) -> dict[str, Any]:
        """A JSON file of `configs/`: metadata, inference or train."""
        path = self.root / "configs" / f"{name}.json"
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return values

    def network(self) -> nn.Module:
        """The untrained network that `network_def` of configs/inference.json describes."""
        from monai.bundle.config_parser import ConfigParser

        parser = ConfigParser(self.config("inference"))
        network: nn.Module = parser.get_parsed_content("network_def")
        return network

    def trained_network(self) -> nn.Module:
        """The network with its released weights, in evaluation mode, on the CPU."""
        from safetensors.torch import load_file

        network = self.network()
        network.load_state_dict(load_file(self.weights))
        return network.eval()

    def used(self) -> ModelUsed:
        """What goes into the records of a study that this network contributed to."""
        return ModelUsed(name=self.name, version=self.version, sha256=sha256_of(self.weights))


def verified_bundle(name: str, models: Path = MODELS) -> Bundle:
    """The bundle after every one of its files was checked against the lock.

    Raises UsageError naming the first file that is missing, changed or not in the lock.
    """
    locked = read_lock(models)
    expected = {path: digest for path, digest in locked.items() if path.startswith(f"{name}/")}
    found = bundle_files(models / name)
    if f"{name}/{WEIGHTS}" not in expected:
        raise _refusal(name, f"{LOCK} lists no weights for it; train and release them first")
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            raise _refusal(name, f"{path} is missing")
        if path not in expected:
            raise _refusal(name, f"{path} is not in {LOCK}")
        if sha256_of(found[path]) != expected[path]:
            raise _refusal(name, f"{path} differs from what {LOCK} says")
    return Bundle(models / name)


def read_lock(models: Path = MODELS) -> dict[str, str]:
    """The lock's sha256 by path below `models/`; lines as `sha256sum` writes them.

    Raises UsageError where the lock is missing or a line is malformed.
    """
    try:
        lines = (models / LOCK).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise UsageError(f"models/{LOCK} cannot be read: the networks cannot be checked") from None
    entries = [line.split(maxsplit=1) for line in lines if line.strip()]
    if any(len(entry) != 2 or len(entry[0]) != 64 for entry in entries):
        raise UsageError(f"models/{LOCK} is malformed: expected 'sha256  path' on each line")
    return {path.strip(): digest for digest, path in entries}


def bundle_files(root: Path) -> dict[str, Path]:
    """Every file of a bundle by its path below `models/`."""
    files = (path for path in root.rglob("*") if path.is_file())
    kept = (path for path in files if _CACHES.isdisjoint(path.parts))
    return {path.relative_to(root.parent).as_posix(): path for path in kept}


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _refusal(name: str, reason: str) -> UsageError:
    return UsageError(
        f"network {name} is refused: {reason}. Restore models/ from the release, or, if the "
        "change is yours, write the lock anew with `python -m pipeline.train.release --lock`"
    )
