"""Vectors to log-probabilities over the leaves."""
