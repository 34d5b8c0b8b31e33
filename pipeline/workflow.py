"""What the Snakefile needs to know: folders, settings, file patterns. It decides nothing itself.

Snakemake works inside `OUT/private`, so that its own records, which quote commands and source
paths, stay there; every path of the workflow is relative to that folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from logging import FileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import runlock
from pipeline.errors import NvcError, UsageError, exit_code
from pipeline.paths import OutputFolder
from pipeline.settings import REPOSITORY, Settings, load_settings
from pipeline.shards import Shards, read_shards
from pipeline.stagekey import STAGES, stage_key

if TYPE_CHECKING:
    from snakemake.logging import LoggerManager


@dataclass(frozen=True)
class StageRule:
    """A stage as a rule of the workflow. before: what must be there first."""

    name: str
    before: Path | Callable[[Any], list[Path]]
    threads: int
    memory_mb: int
    gpu: int


_MEMORY_MB = {"prepare": 3000, "segment": 4000, "report": 3000}
"""What a stage may take beyond the 2000 MB of the others; for schedulers that need to know."""


@dataclass(frozen=True)
class Workflow:
    """One run as the Snakefile sees it. Paths are absolute; clinical: table of affected sides."""

    input: Path
    output: Path
    settings_file: Path | None
    clinical: Path | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Workflow:
        """From Snakemake's config; without any, the samples are run into `out/`."""
        source = Path(str(config.get("input", REPOSITORY / "sample_dicoms"))).resolve()
        output = Path(str(config.get("output", REPOSITORY / "out"))).resolve()
        workflow = cls(source, output, _given(config, "settings"), _given(config, "clinical"))
        with _without_traceback():
            load_settings(workflow.settings_file)
            if workflow.clinical:
                check_clinical(workflow.clinical)
        return workflow

    @property
    def private(self) -> str:
        """The folder that Snakemake works in, made for this user alone."""
        return str(OutputFolder(self.output).create_private())

    @property
    def files(self) -> OutputFolder:
        """The output folder as seen from the working folder."""
        return OutputFolder(Path(".."))

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.settings_file)

    @property
    def options(self) -> str:
        """Options that every stage's command takes."""
        chosen = ["--settings", str(self.settings_file)] if self.settings_file else []
        return shlex.join(["--output", "..", *chosen])

    @property
    def source(self) -> str:
        """The input folder and what goes with it, quoted for the shell."""
        clinical = ["--clinical", str(self.clinical)] if self.clinical else []
        return shlex.join([str(self.input), *clinical])

    def key(self, stage: str) -> str:
        """What a stage depends on besides earlier stages: Snakemake runs it again on a change."""
        own = stage_key(stage, self.settings)
        return own + self._clinical_digest if stage in {"intake", "assess"} else own

    @cached_property
    def _clinical_digest(self) -> str:
        return hashlib.sha256(self.clinical.read_bytes()).hexdigest() if self.clinical else ""

    def fingerprint(self) -> str:
        """Changes when a file of the input comes, goes or changes."""
        from pipeline.intake.fingerprint import fingerprint  # only where intake is considered

        return str(fingerprint(self.input))

    def shards(self) -> Shards:
        """Cases by shard, as intake left them."""
        return read_shards(OutputFolder(self.output))

    @property
    def stages(self) -> list[StageRule]:
        """The stages that work on shards, in the order in which data flows."""
        return [self._rule(stage, before) for before, stage in pairwise(("intake", *STAGES))]

    def _rule(self, stage: str, before: str) -> StageRule:
        first = before == "intake"
        return StageRule(
            name=stage,
            before=self._manifests if first else self.files.stamp(before, "{shard}"),
            threads=self.settings.threads if stage in {"prepare", "segment"} else 1,
            memory_mb=_MEMORY_MB.get(stage, 2000),
            gpu=int(stage == "segment"),
        )

    def _manifests(self, wildcards: Any) -> list[Path]:
        cases = self.shards().get(wildcards.shard, ())
        return [self.files.case(case).manifest for case in cases]

    def stamps(self, stage: str) -> list[Path]:
        """The stamps of a stage over all shards."""
        return [self.files.stamp(stage, shard) for shard in self.shards()]

    def stamps_until(self, stage: str) -> list[Path]:
        """The stamps of a stage that a person named; Snakemake ends where there is none such."""
        with _without_traceback():
            check_stage(stage)
        return self.stamps(stage)

    def hold(self) -> None:
        """Keep other runs off the output folder until this process ends, and end with `nvc run`."""
        runlock.end_with_run()
        with _without_traceback():
            runlock.hold(OutputFolder(self.output))

    def keep_log(self, manager: LoggerManager) -> None:
        """Take Snakemake's log into `private/`: it quotes the command, and so source paths.

        Snakemake opens it where it was called, before it reads the Snakefile.
        """
        folder = Path(self.private) / ".snakemake" / "log"
        folder.mkdir(parents=True, exist_ok=True)
        for handler, name in list(manager.logfile_handlers.items()):
            if not isinstance(handler, FileHandler) or Path(name).parent == folder:
                continue
            handler.close()  # opens again, where it then is, at the next message
            handler.baseFilename = str(shutil.move(name, str(folder)))
            manager.logfile_handlers[handler] = handler.baseFilename
            _remove_empty(Path(name).parent)

    @property
    def shell_prefix(self) -> str:
        """Makes `nvc` be found beside this Python, and a stage end with its run."""
        found = f"{Path(sys.executable).parent}{os.pathsep}$PATH"
        return f'export PATH="{found}" {runlock.PARENT_VARIABLE}={os.getpid()}; exec '


def _given(config: Mapping[str, Any], name: str) -> Path | None:
    """A file named in Snakemake's config."""
    return Path(str(config[name])).resolve() if config.get(name) else None


@contextlib.contextmanager
def _without_traceback() -> Iterator[None]:
    """End Snakemake with our sentence and exit code, where it would show where we raised it."""
    try:
        yield
    except NvcError as error:
        sys.stderr.write(f"nvc: {error}\n")
        sys.exit(exit_code(error))


def _remove_empty(log_folder: Path) -> None:
    with contextlib.suppress(OSError):
        log_folder.rmdir()
        log_folder.parent.rmdir()


def check_clinical(file: Path) -> None:
    """UsageError where there is no such file; what it holds is intake's matter."""
    if not file.is_file():
        raise UsageError("the clinical file does not exist; give the table of affected sides")


def check_stage(name: str) -> None:
    """UsageError where no stage that works on studies is called so."""
    if name not in STAGES:
        raise UsageError(f"there is no stage {name}; stages: {', '.join(STAGES)}")


def check_folders(source: Path, output: Path) -> None:
    """UsageError where the input is not a folder, or the output lies in it or around it."""
    if not source.is_dir():
        raise UsageError("the input is not a folder that exists; give the one with the DICOM files")
    if output.resolve().is_relative_to(source.resolve()):
        raise UsageError("the output folder must not lie inside the input folder; choose another")
    if source.resolve().is_relative_to(output.resolve()):
        raise UsageError("the input folder must not lie inside the output folder; choose another")
