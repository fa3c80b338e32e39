"""Any feed file to Arrow batches of raw rows, and rows put aside with reasons."""
