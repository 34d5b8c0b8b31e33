"""Comparing results with what is known to be true, and the calibration made from it."""

from pipeline.evaluate.acceptance import Acceptance, evaluate_generated, evaluate_site
from pipeline.evaluate.calibrate import calibrate
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.generated import holds_generated
from pipeline.evaluate.markdown import table, update_model_cards

__all__ = [
    "Acceptance",
    "Evaluation",
    "calibrate",
    "evaluate_generated",
    "evaluate_site",
    "holds_generated",
    "table",
    "update_model_cards",
]
