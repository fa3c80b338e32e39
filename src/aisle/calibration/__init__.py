"""Making probabilities mean what they say."""
