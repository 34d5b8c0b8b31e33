"""Rigid registration of one sequence onto another of the same study, with an honest error.

SimpleITK, Mattes mutual information. Patients move little between sequences of one session, so
the search starts where the scanner says that both lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume
from pipeline.prepare.upright import (
    UprightImage,
    central_grid,
    overlap_share,
    surrounding_grid,
    upright_image,
)
from pipeline.settings import PrepareSettings

_PROBE_MM = 18.0
"""Distance of the probe points from the centre, about that of the root exit zones."""
_STARTS: tuple[tuple[float, ...], ...] = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.03, -0.02, 0.02, 1.5, -1.5, 1.2),
    (-0.02, 0.03, -0.03, -1.2, 1.5, -1.5),
)
"""Rotations (rad) and shifts (mm) from which the search begins; the results should agree."""
_MIN_OVERLAP_SHARE = 0.3
_BINS = 32
_DISPLACED_MM = 5.0
_TURNED_RAD = 0.2
_CLEARLY_BETTER = 1.15
"""Factor by which mutual information must beat that of displaced images: on generated heads the
true place beats them by 1.5 to 2.7, white noise by 1.0."""


@dataclass(frozen=True, eq=False)
class Registration:
    """reference_to_moving_lps: 4x4, LPS point of the reference -> LPS point of the moving image.

    residual_mm: estimated error around the centre, from how far searches from other starts and
    in halves of the image disagree; infinite where the images overlap too little, or fit no
    better than when shifted by 5 mm or turned.
    """

    reference_to_moving_lps: NDArray[np.float64]
    residual_mm: float


@dataclass(frozen=True, eq=False)
class _Task:
    """Two images to be registered. region: the grid of the fixed one."""

    fixed: UprightImage
    moving: UprightImage
    region: Grid
    settings: PrepareSettings

    @property
    def probes(self) -> NDArray[np.float64]:
        """Eight LPS points around the centre at which results are compared, shape (8, 3)."""
        corners = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T
        return np.asarray(self.region.centre_lps + _PROBE_MM / np.sqrt(3.0) * corners)


def register(reference: Volume, moving: Volume, settings: PrepareSettings) -> Registration:
    """Find the rigid motion between two images of one head."""
    region = central_grid(reference.grid)
    nowhere = Registration(np.eye(4), float("inf"))
    if overlap_share(region, moving.grid) < _MIN_OVERLAP_SHARE:
        return nowhere
    fixed = upright_image(reference, region)
    other = upright_image(moving, surrounding_grid(moving.grid, region))
    try:
        return _found(_Task(fixed, other, region, settings))
    except RuntimeError:  # how ITK says that no sample is left inside, or that there is no contrast
        return nowhere


def _found(task: _Task) -> Registration:
    found = [_search(task, start, number) for number, start in enumerate(_STARTS)]
    moved = np.stack([apply(matrix, task.probes) for matrix in found])
    apart = np.linalg.norm(moved[:, None] - moved[None], axis=-1).max(axis=2)
    medoid = int(apart.sum(axis=1).argmin())
    if not _better_than_displaced(task, found[medoid]):
        return Registration(found[medoid], float("inf"))
    second = float(np.sort(apart[medoid])[1])  # one search of three may be lost
    return Registration(found[medoid], max(second, _half_volume_error(task, found[medoid])))


def _search(task: _Task, start: tuple[float, ...], number: int) -> NDArray[np.float64]:
    """From coarse to fine, over the whole region."""
    settings = task.settings
    method = _metric(task.fixed, task.moving)
    sampling = [min(1.0, 6 * settings.metric_sampling), settings.metric_sampling]
    method.SetMetricSamplingPercentagePerLevel(sampling, settings.seed + number)
    method.SetShrinkFactorsPerLevel([3, 1])
    method.SetSmoothingSigmasPerLevel([1.5, 0.5])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    transform = sitk.Euler3DTransform()
    transform.SetCenter(task.region.centre_lps.tolist())
    transform.SetParameters(start)
    return _optimised(method, transform, task.fixed, task.moving, learning_rate=1.0)


def _half_volume_error(task: _Task, matrix: NDArray[np.float64]) -> float:
    """Error of the whole from two searches, begun at its result, that share no voxel.

    Half of their disagreement: independent errors of either half are root 2 of the whole's, and
    so is their difference of one. Or how far both leave the result together, where that is more.
    Unlike new starts, halves feel what distorts one part of the image or lacks contrast in it.
    """
    front = np.zeros(task.region.shape, dtype=bool)
    front[:, : task.region.shape[1] // 2] = True
    first, second = (apply(_refined(task, half, matrix), task.probes) for half in (front, ~front))
    apart = (first - second) / 2
    moved = (first + second) / 2 - apply(matrix, task.probes)
    return float(np.linalg.norm([apart, moved], axis=-1).max())


def _refined(
    task: _Task, part: NDArray[np.bool_], matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The search continued on the fine level alone, with one part of the region."""
    fixed = task.fixed.only(part)
    method = _metric(fixed, task.moving)
    method.SetMetricSamplingPercentage(task.settings.metric_sampling, task.settings.seed)
    method.SetMetricUseMovingImageGradientFilter(False)  # slow, and the start is good here
    centre = task.region.centre_lps
    transform = sitk.Euler3DTransform()
    transform.SetCenter(centre.tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist(), 1e-6)
    transform.SetTranslation((apply(matrix, centre) - centre).tolist())
    return _optimised(method, transform, fixed, task.moving, learning_rate=0.5)


def _metric(fixed: UprightImage, moving: UprightImage) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricFixedMask(fixed.counted)
    method.SetMetricMovingMask(moving.counted)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetInterpolator(sitk.sitkLinear)
    return method


def _optimised(
    method: sitk.ImageRegistrationMethod,
    transform: sitk.Euler3DTransform,
    fixed: UprightImage,
    moving: UprightImage,
    *,
    learning_rate: float,
) -> NDArray[np.float64]:
    """Run the search from `transform`; 4x4, LPS of the fixed image to LPS of the moving one."""
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=learning_rate, minStep=2e-3, numberOfIterations=60, relaxationFactor=0.6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed.image, moving.image)
    return _matrix(transform)


def _better_than_displaced(task: _Task, matrix: NDArray[np.float64]) -> bool:
    """Whether the images fit clearly better here than shifted by 5 mm or turned by 11 degrees."""
    around = [_information(task, matrix @ step) for step in _displacements(task.region.centre_lps)]
    return _information(task, matrix) > _CLEARLY_BETTER * max(around)


def _displacements(centre_lps: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Shifts along the patient's axes and turns about them, both ways, as 4x4 matrices."""
    steps = []
    for direction in (*np.eye(3), *-np.eye(3)):
        shift, turn = sitk.Euler3DTransform(), sitk.Euler3DTransform()
        shift.SetTranslation((_DISPLACED_MM * direction).tolist())
        turn.SetCenter(centre_lps.tolist())
        turn.SetRotation(*(_TURNED_RAD * direction).tolist())
        steps += [_matrix(shift), _matrix(turn)]
    return steps


def _information(task: _Task, matrix: NDArray[np.float64]) -> float:
    """Mutual information of the images with the moving one placed by `matrix`."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3].tolist())
    method = _metric(task.fixed, task.moving)
    method.SetMetricSamplingPercentage(task.settings.metric_sampling, task.settings.seed)
    method.SetMetricUseMovingImageGradientFilter(False)  # only the value is asked for
    method.SetInitialTransform(transform)
    return -float(method.MetricEvaluate(task.fixed.image, task.moving.image))


def _matrix(transform: sitk.Euler3DTransform) -> NDArray[np.float64]:
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array(transform.GetTranslation()) + centre - rotation @ centre
    return matrix


def apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """LPS points, shape (..., 3), moved by a 4x4 matrix."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
