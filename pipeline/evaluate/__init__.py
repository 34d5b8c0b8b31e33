"""Comparing results with generated truth: the evaluation, and the calibration made from it."""

from pipeline.evaluate.calibrate import calibrate
from pipeline.evaluate.evaluation import Evaluation, evaluate
from pipeline.evaluate.markdown import table, update_model_cards

__all__ = ["Evaluation", "calibrate", "evaluate", "table", "update_model_cards"]
