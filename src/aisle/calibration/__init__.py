"""Making probabilities mean what they say."""

from aisle.calibration.calibration import Calibrated, Calibration, fit_calibration
from aisle.calibration.temperatures import Temperatures

__all__ = ["Calibrated", "Calibration", "Temperatures", "fit_calibration"]
