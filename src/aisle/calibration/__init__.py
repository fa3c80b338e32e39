"""Making probabilities mean what they say."""

from aisle.calibration.temperatures import Temperatures, fit_temperatures

__all__ = ["Temperatures", "fit_temperatures"]
