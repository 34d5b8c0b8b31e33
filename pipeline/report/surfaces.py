"""Surfaces of the segmentation for the 3D picture, as MZ3 files, which the viewer reads.

MZ3 is the mesh format of Surf Ice and NiiVue: a header of 16 bytes, triangles, vertices.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Grid, Volume, resample, to_ras
from pipeline.records.labels import Label

_MAGIC, _FACES_AND_VERTICES = 0x5A4D, 3
_SMOOTHING_MM = 0.4
_COARSE: dict[Label, int] = {Label.BRAINSTEM: 3}
"""Steps of more than one voxel, where the shape needs no finer surface."""
_LEAST_VOXELS = 12

STRUCTURES: tuple[tuple[Label, ...], ...] = (
    (Label.BRAINSTEM,),
    (Label.FACIAL_NERVE_REZ, Label.FACIAL_NERVE_CISTERNAL),
    (Label.VESTIBULOCOCHLEAR_NERVE,),
    (Label.ARTERY,),
    (Label.VEIN,),
    (Label.TUMOUR,),
    (Label.ANEURYSM,),
)
"""What is drawn as one body each."""


@dataclass(frozen=True, eq=False)
class Surface:
    """label: the first of the labels that it encloses. mz3: the file, positions in RAS mm."""

    label: Label
    mz3: bytes


def surfaces(labels: Volume, grid: Grid) -> Iterator[Surface]:
    """The bodies that are there, seen on `grid`. labels: values of Label."""
    for structure in STRUCTURES:
        mask = np.isin(labels.array, structure)
        if mask.sum() < _LEAST_VOXELS:
            continue
        body = _surface(Volume(mask.astype(np.float32), labels.grid), grid, structure)
        if body is not None:
            yield body


def _surface(mask: Volume, grid: Grid, structure: Sequence[Label]) -> Surface | None:
    from skimage.measure import marching_cubes

    share = resample(mask, grid, order=1).array
    share = np.pad(ndimage.gaussian_filter(share, _SMOOTHING_MM / np.array(grid.voxel_mm)), 1)
    if share.max() <= 0.5:
        return None
    step = _COARSE.get(structure[0], 1)
    vertices, faces, _, _ = marching_cubes(share, 0.5, step_size=step)
    points = to_ras(grid.to_lps(vertices - 1))
    return Surface(structure[0], mz3(points, _outward(points, faces)))


def mz3(vertices: NDArray[np.float64], faces: NDArray[np.intp]) -> bytes:
    """A compressed MZ3 file. vertices: (N, 3) mm. faces: (M, 3) indices of vertices."""
    counts = (len(faces), len(vertices), 0)
    header = struct.pack("<HHIII", _MAGIC, _FACES_AND_VERTICES, *counts)
    body = faces.astype("<i4").tobytes() + vertices.astype("<f4").tobytes()
    return gzip.compress(header + body, 9, mtime=0)


def _outward(points: NDArray[np.float64], faces: NDArray[np.intp]) -> NDArray[np.intp]:
    """Faces turned so that their normals point out of the body (positive signed volume)."""
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum()
    return faces if volume > 0 else faces[:, ::-1]
