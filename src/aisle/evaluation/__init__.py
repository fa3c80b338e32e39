"""Predictions and truth to figures."""
