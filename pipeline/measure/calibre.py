"""Calibre of a vessel from the area of its soft label across its course."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.measure.soft_labels import Field, Points
from pipeline.measure.surface import sampled

_ANGLES = 36
_STEP_MM = 0.1
_REACH_MM = 6.0
"""No vessel here is wider than twice this."""
_OUTSIDE = 0.5
_RISE = 0.1
"""Where the label has fallen below a half and rises again by this, another vessel begins."""


def diameters_mm(share: Field, spacing_mm: float, course: Points) -> NDArray[np.float64]:
    """Diameter of the circle with the cross-section's area at each point of a course, (N,) mm.

    share: soft label, (I, J, K). course: crop mm, (N, 3), at even steps. The soft label is summed
    along rays across the course, so that blurring, which moves it but loses none, does not count.
    """
    tangents = np.gradient(course, axis=0)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-9)
    depth = (np.arange(round(_REACH_MM / _STEP_MM)) + 0.5) * _STEP_MM
    rays = course[:, None, None] + depth[:, None] * _across(tangents)[:, :, None]
    values = sampled(share, rays, spacing_mm)
    lowest = np.minimum.accumulate(values, axis=2)
    another = (lowest < _OUTSIDE) & (values > lowest + _RISE)
    own = np.where(np.logical_or.accumulate(another, axis=2), 0.0, values)
    area = (own * depth).sum(axis=2).mean(axis=1) * 2.0 * np.pi * _STEP_MM
    return np.asarray(2.0 * np.sqrt(area / np.pi))


def _across(tangents: Points) -> Points:
    """Unit vectors around each tangent and at right angles to it, (N, angles, 3)."""
    axis = np.eye(3)[np.abs(tangents).argmin(axis=1)]
    first = np.cross(tangents, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(tangents, first)
    turn = 2.0 * np.pi * np.arange(_ANGLES)[:, None] / _ANGLES
    return np.asarray(np.cos(turn) * first[:, None] + np.sin(turn) * second[:, None])
