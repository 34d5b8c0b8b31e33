"""What a scanner's finite k-space does to an image: truncation, zero-filling, motion ghosts.

Images are real or complex torch tensors whose last three axes are x, y (phase encoding) and z.
Values keep their scale whatever the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Matrix = tuple[int, int, int]
_AXES = (-3, -2, -1)


def odd(size: float) -> int:
    """The nearest odd count of at least 1: a spectrum without a lonely highest frequency."""
    return max(1, 2 * round((size - 1) / 2) + 1)


def truncated(image: Tensor, acquired: Matrix, written: Matrix, roll_off: float = 0.0) -> Tensor:
    """A real image as seen through `acquired` phase-encoding steps, on a `written` matrix.

    acquired: odd, at most the image's and the written matrix. Edges ring (Gibbs), as much as
    the filter leaves: roll_off 0 is none, 1 a full Hann window over every axis.
    """
    spectrum = torch.fft.rfftn(image, dim=_AXES)
    half: Matrix = (acquired[0], acquired[1], acquired[2] // 2 + 1)
    windows = [_hann(n, roll_off) for n in acquired]
    windows[2] = windows[2][: half[2]]
    kept = _centre(spectrum, half, last_is_half=True)
    for axis, window in zip(_AXES, windows, strict=True):
        shape = [-1 if a == axis else 1 for a in _AXES]
        kept = kept * window.to(image).reshape(shape)
    padded_shape = (*written[:2], written[2] // 2 + 1)
    padded = kept.new_zeros((*image.shape[:-3], *padded_shape))
    _put_centre(padded, kept, last_is_half=True)
    scale = _count(written) / _count(image.shape[-3:])
    seen: Tensor = torch.fft.irfftn(padded, s=written, dim=_AXES)
    return seen * scale


def zero_filled(image: Tensor, written: Matrix) -> Tensor:
    """A complex image of odd matrix interpolated to a larger one by zeros around its spectrum."""
    if tuple(image.shape[-3:]) == written:
        return image
    spectrum = torch.fft.fftn(image, dim=_AXES)
    padded = spectrum.new_zeros((*image.shape[:-3], *written))
    _put_centre(padded, spectrum, last_is_half=False)
    filled: Tensor = torch.fft.ifftn(padded, dim=_AXES)
    return filled * (_count(written) / _count(image.shape[-3:]))


def ghosted(image: Tensor, sway_voxels: float, period_lines: float, phase_rad: float) -> Tensor:
    """The complex image of a head that sways along the phase axis while lines are acquired.

    sway_voxels: amplitude. period_lines: phase-encoding lines of one sway; ghosts lie a field of
    view divided by this apart.
    """
    lines = image.shape[-2]
    order = torch.fft.fftfreq(lines, device=image.device) * lines
    shift = sway_voxels * torch.sin(2 * torch.pi * order / period_lines + phase_rad)
    turn = torch.exp(-2j * torch.pi * order / lines * shift)
    swayed: Tensor = torch.fft.ifft(torch.fft.fft(image, dim=-2) * turn[:, None], dim=-2)
    return swayed


def _hann(count: int, roll_off: float) -> Tensor:
    """Window over frequencies in the order of the transform; 1 at zero frequency."""
    frequency = torch.fft.fftfreq(count, dtype=torch.float64)
    return 1.0 - roll_off * torch.sin(torch.pi * frequency) ** 2


def _centre(spectrum: Tensor, size: Sequence[int], *, last_is_half: bool) -> Tensor:
    """The lowest frequencies of a spectrum."""
    for axis, count in zip(_AXES, size, strict=True):
        if axis == -1 and last_is_half:
            spectrum = spectrum.narrow(axis, 0, count)
        else:
            spectrum = spectrum.index_select(axis, _lowest(spectrum.shape[axis], count, spectrum))
    return spectrum


def _put_centre(target: Tensor, spectrum: Tensor, *, last_is_half: bool) -> None:
    """Write a spectrum into the lowest frequencies of a larger one, in place."""
    i, j, k = (
        _lowest(target.shape[axis], spectrum.shape[axis], target)
        if not (axis == -1 and last_is_half)
        else torch.arange(spectrum.shape[axis], device=target.device)
        for axis in _AXES
    )
    target[..., i[:, None, None], j[None, :, None], k[None, None, :]] = spectrum


def _lowest(size: int, count: int, like: Tensor) -> Tensor:
    """Where the `count` (odd) lowest frequencies stand among `size`."""
    return (
        torch.arange(-(count // 2), count // 2 + 1, device=like.device).roll(-(count // 2)) % size
    )


def _count(shape: Sequence[int]) -> int:
    return int(torch.Size(shape).numel())
