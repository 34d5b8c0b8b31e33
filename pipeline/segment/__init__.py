"""Stage segment: landmarks of both sides, and soft labels of the crop around each."""

from pipeline.segment.stage import run

__all__ = ["run"]
