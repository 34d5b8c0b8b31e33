"""Stage worklist: every study that went in, as JSON, CSV and a page to work from."""

from pipeline.worklist.stage import run

__all__ = ["run"]
