"""A small shop of its own making."""
