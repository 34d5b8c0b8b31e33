"""Stage measure: from soft labels to millimetres, with places, and without judgement."""

from pipeline.measure.stage import run

__all__ = ["run"]
