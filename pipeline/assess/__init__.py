"""Stage assess: from measurements to calibrated, explained findings (`findings.json`)."""

from pipeline.assess.stage import run

__all__ = ["run"]
