"""One answer from CPU and GPU: the same studies through OpenVINO, torch on the CPU, and CUDA.

OUT is the output folder of a finished run (that of `make bench`, say); it is left as it is.
Where there is no GPU, its row says that it was not measured.

python -m pipeline.bench_devices OUT [--table FILE.json] [--studies 10]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline import assess, measure, segment
from pipeline.errors import NvcError, UsageError, exit_code
from pipeline.evaluate.devices import DeviceFigures, DeviceTable, device_figures
from pipeline.paths import OutputFolder
from pipeline.records.worklist import Worklist
from pipeline.segment.engine import torch_engine
from pipeline.segment.memory import Way
from pipeline.segment.models import Bundle
from pipeline.segment.networks import Networks, chosen_device, load_with, ways_on_cpu, ways_on_gpu
from pipeline.settings import Settings, load_settings

Load = Callable[[Bundle], Sequence[Way]]
OPENVINO, TORCH, CUDA = "CPU, OpenVINO", "CPU, torch", "GPU, CUDA"
_HEADINGS = ("networks on", "s per study", "lowest Dice", "probability off by", "grades changed")
_ANEW = ("segment", "measure", "assess")


def bench_devices(
    output: OutputFolder, folder: Path, studies: int, settings: Settings
) -> DeviceTable:
    """Run the networks, and what follows from them, each way in a copy of `output` in `folder`."""
    cases = _assessed(output)[:studies]
    ways = {OPENVINO: _openvino(settings), TORCH: _torch}
    if chosen_device("auto") == "cuda":
        ways[CUDA] = _cuda(settings)
    copies = {way: OutputFolder(folder / str(n)) for n, way in enumerate(ways)}
    done = []
    for way, load in ways.items():
        networks = load_with(load)
        _run_again(output, copies[way], cases, settings, networks)
        said = networks.device()
        done.append(device_figures(way, said, copies[way], copies[OPENVINO], cases))
    absent = [] if CUDA in ways else [DeviceFigures(way=CUDA)]
    return DeviceTable(studies=len(cases), rows=(*done, *absent))


def _assessed(output: OutputFolder) -> list[str]:
    try:
        rows = Worklist.read(output.worklist_json).studies
    except (OSError, ValueError):
        raise UsageError(
            f"{output.root} holds no worklist; give the output folder of a run"
        ) from None
    cases = [row.case for row in rows if row.status == "assessed"]
    if not cases:
        raise UsageError(f"{output.root} holds no assessed study to compare with")
    return cases


def _openvino(settings: Settings) -> Load:
    return lambda bundle: ways_on_cpu(bundle, settings.threads)


def _torch(bundle: Bundle) -> list[Way]:
    return [Way("cpu (torch, float32)", torch_engine(bundle.trained_network(), "cpu"))]


def _cuda(settings: Settings) -> Load:
    return lambda bundle: ways_on_gpu(bundle, settings.threads)


def _run_again(
    source: OutputFolder,
    target: OutputFolder,
    cases: Sequence[str],
    settings: Settings,
    networks: Networks,
) -> None:
    """Copy the cases up to their preparation and work on from there."""
    for case in cases:
        for part in (source.case(case).root, source.case(case).work):
            shutil.copytree(part, target.root / part.relative_to(source.root))
        for stage in _ANEW:
            target.case(case).outcome(stage).unlink()
    segment.run(target, cases, settings, load=lambda _: networks)
    measure.run(target, cases, settings)
    assess.run(target, cases, settings)


def table_of(figures: DeviceTable) -> Table:
    """For people."""
    table = Table(title=f"{figures.studies} studies; compared with {OPENVINO}")
    for heading in _HEADINGS:
        table.add_column(heading)
    for row in figures.rows:
        table.add_row(*("not measured" if value is None else str(value) for value in _cells(row)))
    return table


def _cells(row: DeviceFigures) -> tuple[object, ...]:
    return (
        row.way,
        row.seconds_per_study,
        row.lowest_label_dice,
        row.largest_probability_difference,
        row.grades_changed,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of `make bench-gpu`."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.bench_devices", description=__doc__)
    parser.add_argument("output", type=Path, help="output folder of a finished run")
    parser.add_argument("--table", type=Path, help="file to write the figures to (JSON)")
    parser.add_argument("--studies", type=int, default=10)
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            figures = bench_devices(
                OutputFolder(given.output), Path(scratch), given.studies, load_settings()
            )
    except NvcError as error:
        sys.stderr.write(f"nvc: {error}\n")
        return exit_code(error)
    if given.table:
        figures.write(given.table)
    Console().print(table_of(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
