"""What networks and calibration say of one study in several poses and samplings.

python -m tests.workflow.network_invariance STUDY prints it for a study of sample_dicoms.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipeline.assess.calibration import released_calibration
from pipeline.assess.contact import vessel_contact
from pipeline.assess.features import SideInputs
from pipeline.convert.dicomstack import read_stack
from pipeline.geometry import Grid, Volume, load_volume, resample
from pipeline.measure.soft_labels import SoftLabels
from pipeline.measure.study import measure_study
from pipeline.records.base import SIDES, Point, Side
from pipeline.segment.study import PlacedVolume, segment_study
from pipeline.settings import REPOSITORY, Settings, load_settings

from ..labelled.segs import headers_on
from .shared_networks import shared_networks

SAMPLES = REPOSITORY / "sample_dicoms"


@dataclass(frozen=True)
class Said:
    """Of one side; None where nothing was found."""

    rez_lps_mm: Point | None
    gap_mm: float | None
    probability: float | None
    answer: str


def assessed(image: Volume, settings: Settings) -> dict[Side, Said]:
    """What the networks and the released calibration make of a T2 alone."""
    voxel_mm = image.grid.voxel_volume_mm3 ** (1 / 3)
    placed = PlacedVolume(image, np.eye(4))
    study = segment_study("study", {"t2": placed}, "t2", shared_networks(), settings.segment)
    crops = {side: SoftLabels(soft, grid) for side, (soft, grid) in study.sides.items()}
    measured = measure_study(crops, study.localisation, voxel_mm, settings.measure).sides
    calibration, _ = released_calibration()
    inputs = SideInputs("t2", voxel_mm, tof_present=False)
    result = {}
    for side in SIDES:
        one = measured[side]
        found = vessel_contact(one, inputs, calibration, settings.assess.prevalence_contact)
        result[side] = Said(one.rez_lps_mm, found.min_distance_mm, found.probability, found.answer)
    return result


def sample_t2(name: str) -> Volume:
    """The T2 of a generated sample, as its DICOM files hold it."""
    grid = load_volume(SAMPLES / name / "truth_labels.nii.gz").grid
    headers = headers_on(SAMPLES / name / "dicom", grid)
    with tempfile.TemporaryDirectory() as folder:
        for number, header in enumerate(headers):
            Path(folder, f"{number:04d}").symlink_to(Path(str(header.filename)).resolve())
        stack = read_stack(Path(folder))
        slices = [stack.pixels(number) for number in range(len(stack.places))]
    return Volume(np.stack(slices, axis=-1).astype(np.float32), stack.stack.grid)


def mirror(image: Volume) -> NDArray[np.float64]:
    """4x4, LPS to LPS: left and right exchanged."""
    return np.diag([-1.0, 1.0, 1.0, 1.0])


def turn(image: Volume, axis: str, degrees: float = 10.0) -> NDArray[np.float64]:
    """4x4, LPS to LPS: the head turned about the middle of its image."""
    transform = np.eye(4)
    transform[:3, :3] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    centre = image.grid.centre_lps
    transform[:3, 3] = centre - transform[:3, :3] @ centre
    return transform


def sampled_at(image: Volume, voxel_mm: float) -> Volume:
    """The same image in cubic voxels."""
    edges = np.array(image.grid.voxel_mm)
    i, j, k = (int(size) for size in np.array(image.grid.shape) * edges / voxel_mm)
    affine = image.grid.affine.copy()
    affine[:3, :3] *= voxel_mm / edges
    affine[:3, 3] = image.grid.to_lps(0.5 * voxel_mm / edges - 0.5)
    return resample(image, Grid((i, j, k), affine), order=3)


POSES: dict[str, Callable[[Volume], NDArray[np.float64]]] = {
    "mirrored": mirror,
    **{f"turned about {axis}": partial(turn, axis=axis) for axis in "xyz"},
}


if __name__ == "__main__":
    picture = sample_t2(sys.argv[1])
    fine = sampled_at(picture, 0.4)
    images = {"as it is": picture}
    for pose, transform in POSES.items():
        images[pose] = Volume(picture.array, picture.grid.moved(transform(picture)))
    images |= {"0.4 mm": fine, "0.6 mm": sampled_at(fine, 0.6)}
    for title, image in images.items():
        print(title, assessed(image, load_settings()), flush=True)  # noqa: T201
