"""Text to vectors: hashed word and character n-grams, weighted, summed over a trained table."""
