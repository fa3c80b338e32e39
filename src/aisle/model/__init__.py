"""The model directory: writing, checking, loading, predicting."""
