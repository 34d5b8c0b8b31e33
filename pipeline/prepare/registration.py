"""Rigid registration of one sequence onto another of the same study, with an honest error.

SimpleITK, Mattes mutual information. Patients move little between sequences of one session, so
the search starts where the scanner says that both lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from pipeline.geometry import Grid, Volume, resample
from pipeline.settings import PrepareSettings

_GRID_MM = 1.0
"""Both images are brought to this spacing: fine enough for errors of a tenth of it."""
_WIDTH_MM = 120.0
"""Only the middle of the head counts: the face and the neck move on their own."""
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
_NO_OVERLAP = "All samples map outside moving image buffer"
"""How SimpleITK says that the images do not meet."""


@dataclass(frozen=True, eq=False)
class Registration:
    """reference_to_moving_lps: 4x4, LPS point of the reference -> LPS point of the moving image.

    residual_mm: largest disagreement of the searches at eight points around the centre;
    infinite where the result is no better than an image that lies 5 mm elsewhere.
    """

    reference_to_moving_lps: NDArray[np.float64]
    residual_mm: float


@dataclass(frozen=True, eq=False)
class _Upright:
    """An image with axes along LPS, and a mask of the voxels that were scanned."""

    image: sitk.Image
    scanned: sitk.Image


def register(reference: Volume, moving: Volume, settings: PrepareSettings) -> Registration:
    """Find the rigid motion between two images of one head."""
    region = _central_grid(reference.grid)
    fixed = _upright(reference, region)
    other = _upright(moving, _covering(moving.grid))
    if _overlap_share(region, moving.grid) < _MIN_OVERLAP_SHARE:
        return Registration(np.eye(4), float("inf"))
    centre = region.centre_lps
    searches = [
        _search(fixed, other, centre, start, settings.metric_sampling, settings.seed + number)
        for number, start in enumerate(_STARTS)
    ]
    found = [matrix for matrix in searches if matrix is not None]
    if len(found) < len(_STARTS) - 1:
        return Registration(np.eye(4), float("inf"))
    probes = centre + _PROBE_MM * np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T
    moved = np.stack([_apply(matrix, probes) for matrix in found])
    spread = np.linalg.norm(moved[:, None] - moved[None], axis=-1)
    medoid = int(spread.max(axis=2).sum(axis=1).argmin())
    residual = float(np.sort(spread[medoid].max(axis=1))[1])
    if not _better_than_displaced(fixed, other, found[medoid], settings):
        residual = float("inf")
    return Registration(found[medoid], residual)


def _search(
    fixed: _Upright,
    moving: _Upright,
    centre: NDArray[np.float64],
    start: tuple[float, ...],
    sampling: float,
    seed: int,
) -> NDArray[np.float64] | None:
    """The motion found from one start; None where the search ran away from the image."""
    method = _metric(fixed, moving)
    method.SetMetricSamplingPercentagePerLevel([min(1.0, 6 * sampling), sampling], seed)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=2e-3, numberOfIterations=60, relaxationFactor=0.6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([3, 1])
    method.SetSmoothingSigmasPerLevel([1.5, 0.5])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    transform = sitk.Euler3DTransform()
    transform.SetCenter(centre.tolist())
    transform.SetParameters(start)
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed.image, moving.image)
    except RuntimeError as error:
        if _NO_OVERLAP in str(error):
            return None
        raise
    return _matrix(transform)


def _metric(fixed: _Upright, moving: _Upright) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricFixedMask(fixed.scanned)
    method.SetMetricMovingMask(moving.scanned)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetInterpolator(sitk.sitkLinear)
    return method


def _better_than_displaced(
    fixed: _Upright,
    moving: _Upright,
    matrix: NDArray[np.float64],
    settings: PrepareSettings,
) -> bool:
    """Whether the images fit clearly better here than with either shifted 5 mm in any direction."""
    here = _information(fixed, moving, matrix, settings)
    shifted = []
    for direction in (*np.eye(3), *-np.eye(3)):
        displaced = matrix.copy()
        displaced[:3, 3] += _DISPLACED_MM * direction
        shifted.append(_information(fixed, moving, displaced, settings))
    return here > 1.05 * max(shifted)


def _information(
    fixed: _Upright, moving: _Upright, matrix: NDArray[np.float64], settings: PrepareSettings
) -> float:
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3].tolist())
    method = _metric(fixed, moving)
    method.SetMetricSamplingPercentage(settings.metric_sampling, settings.seed)
    method.SetInitialTransform(transform)
    try:
        return -float(method.MetricEvaluate(fixed.image, moving.image))
    except RuntimeError as error:
        if _NO_OVERLAP in str(error):
            return 0.0
        raise


def _central_grid(grid: Grid) -> Grid:
    """The middle of the reference, along the patient's axes."""
    size = np.minimum(_covering(grid).shape, [_WIDTH_MM / _GRID_MM] * 3).astype(int)
    affine = np.diag([_GRID_MM] * 3 + [1.0])
    affine[:3, 3] = grid.centre_lps - _GRID_MM * (size - 1) / 2
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)


def _covering(grid: Grid) -> Grid:
    """The grid along the patient's axes that covers another one."""
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape])).reshape(3, -1).T
    corners = grid.to_lps(ends)
    low = corners.min(axis=0)
    size = np.ceil((corners.max(axis=0) - low) / _GRID_MM).astype(int) + 1
    affine = np.diag([_GRID_MM] * 3 + [1.0])
    affine[:3, 3] = low
    return Grid((int(size[0]), int(size[1]), int(size[2])), affine)


def _upright(volume: Volume, grid: Grid) -> _Upright:
    """The volume on an upright grid; what lies outside its slab does not count."""
    array = resample(volume, grid, outside=float("nan")).array
    seen = ~np.isnan(array)
    ceiling = max(float(np.percentile(array[seen], 99.5)), 1e-6)  # outliers would waste the bins
    values = np.minimum(np.nan_to_num(array), ceiling)
    return _Upright(_image(values, grid), _image(seen.astype(np.uint8), grid))


def _image(array: NDArray[np.generic], grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(2, 1, 0)))
    image.SetSpacing([_GRID_MM] * 3)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    return image


def _overlap_share(region: Grid, other: Grid) -> float:
    index = np.stack(np.meshgrid(*[np.linspace(0, n - 1, 12) for n in region.shape]), axis=-1)
    return float(other.contains(region.to_lps(index)).mean())


def _matrix(transform: sitk.Euler3DTransform) -> NDArray[np.float64]:
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array(transform.GetTranslation()) + centre - rotation @ centre
    return matrix


def _apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
