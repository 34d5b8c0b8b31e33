"""Running the dcm2niix binary of the installed wheel."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.convert.refused import SeriesRefused

TIME_LIMIT_S = 600
"""A series takes a second; longer than this means that the disk or the process hangs."""


def run_dcm2niix(source: Path, target: Path) -> Path:
    """Convert all files in `source` into the folder `target`; the path of the one `.nii` made.

    Not compressed, because the header is still to be made neutral; without reorientation, so
    that the array axes stay those of the slices. SeriesRefused where not exactly one volume
    comes out. Whether the slices are tilted or uneven is not asked here: their positions tell,
    and what dcm2niix says of it may be an order of its own making.
    """
    import dcm2niix  # type: ignore[import-untyped]  # brings the binary

    target.mkdir()
    command = [
        dcm2niix.bin, "-g", "i", "-b", "y", "-ba", "y", "-x", "i", "-z", "n", "-w", "2",
        "-f", "volume", "-o", str(target), str(source),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise SeriesRefused("conversion_failed", "dcm2niix did not come to an end") from None
    volumes = sorted(target.glob("*.nii"))
    _check_single(volumes, done.returncode)
    return volumes[0]


def _check_single(volumes: list[Path], exit_code: int) -> None:
    if not volumes:
        raise SeriesRefused("conversion_failed", f"dcm2niix made no image (exit code {exit_code})")
    if any("_Tilt" in path.name or "_Eq" in path.name for path in volumes):
        text = (
            "dcm2niix takes the slices for tilted or uneven, which by their positions they are not"
        )
        raise SeriesRefused("conversion_failed", text)
    if len(volumes) > 1:
        raise SeriesRefused("several_volumes", f"the series holds {len(volumes)} volumes, not one")
