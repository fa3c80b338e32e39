"""A small shop of its own making, and Aisle's whole journey through it."""
