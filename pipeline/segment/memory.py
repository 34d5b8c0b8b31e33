"""Where a GPU's memory does not suffice for a network, the next best way to run it is taken."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.segment.engine import Array, Engine

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """A way to run a network. where: as named in records."""

    where: str
    engine: Engine


class FirstThatFits:
    """An engine that tries ways in turn, best first; the last one must not run out of memory.

    where: the way that the last call took, at first the best.
    """

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = tuple(ways)
        self.where = self._ways[0].where

    def __call__(self, images: Array) -> Array:
        """The logits. Every call begins with the best way: memory may have become free."""
        *others, last = self._ways
        for way in others:
            logits = _unless_out_of_memory(way, images)
            if logits is not None:
                self.where = way.where
                return logits
        self.where = last.where
        return last.engine(images)


def _unless_out_of_memory(way: Way, images: Array) -> Array | None:
    import torch

    try:
        return way.engine(images)
    except torch.OutOfMemoryError:
        log.warning("not enough GPU memory: %s", way.where)
    torch.cuda.empty_cache()  # after the error is gone, which holds on to what was allocated
    return None
