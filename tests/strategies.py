"""Hypothesis strategies that several tests share: what Aisle's inputs can look like."""
