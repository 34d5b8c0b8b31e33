"""Stage report: the page of a study, its PDF and its pictures, all from `findings.json`."""

from pipeline.report.stage import run

__all__ = ["run"]
