"""The category tree: reading, cutting, and probabilities of its nodes."""
